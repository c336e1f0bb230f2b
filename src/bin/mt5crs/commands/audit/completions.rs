//! The completion scripts that this binary would print, and where shells look for installed ones.

use std::path::PathBuf;

use clap_complete::Shell;
use mt5crs::ops::audit::files::Completions;

use crate::commands::completions::script;

pub(super) fn of_every_shell() -> Vec<Completions> {
    let home = |below: &str| std::env::var_os("HOME").map(|home| PathBuf::from(home).join(below));
    let set = |name: &str, below: &str, otherwise: Option<PathBuf>| {
        let base = std::env::var_os(name).map(PathBuf::from).or(otherwise);
        base.map(|base| base.join(below))
    };
    let bash = [
        set("XDG_DATA_HOME", "bash-completion/completions/mt5crs", home(".local/share")),
        Some("/usr/local/share/bash-completion/completions/mt5crs".into()),
        Some("/usr/share/bash-completion/completions/mt5crs".into()),
        Some("/etc/bash_completion.d/mt5crs".into()),
    ];
    let zsh = [
        home(".zfunc/_mt5crs"),
        Some("/usr/local/share/zsh/site-functions/_mt5crs".into()),
        Some("/usr/share/zsh/site-functions/_mt5crs".into()),
        Some("/usr/share/zsh/vendor-completions/_mt5crs".into()),
    ];
    let fish = [
        set("XDG_CONFIG_HOME", "fish/completions/mt5crs.fish", home(".config")),
        Some("/usr/share/fish/vendor_completions.d/mt5crs.fish".into()),
    ];
    let of = |name, shell, places: &[Option<PathBuf>]| {
        let script = script(shell).into_bytes();
        Completions { shell: name, script, places: places.iter().flatten().cloned().collect() }
    };
    vec![
        of("bash", Shell::Bash, &bash),
        of("zsh", Shell::Zsh, &zsh),
        of("fish", Shell::Fish, &fish),
    ]
}
