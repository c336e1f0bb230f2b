//! The scripts that shells load. They ask the program at every TAB, so they hold no command and no option.

use clap::ValueEnum;
use clap_complete::Shell;
use clap_complete::env::Shells;

/// The variable with which a script asks this program; see [`super::answer`].
pub(super) const VARIABLE: &str = "_MT5CRS_COMPLETE";

/// A shell's script.
pub(crate) fn script(shell: Shell) -> String {
    match shell {
        Shell::Bash => include_str!("../../../../../completions/mt5crs.bash").to_owned(),
        Shell::Zsh => include_str!("../../../../../completions/_mt5crs").to_owned(),
        Shell::Fish => include_str!("../../../../../completions/mt5crs.fish").to_owned(),
        other => of_clap(other),
    }
}

/// The script that clap has for that shell.
fn of_clap(shell: Shell) -> String {
    let mut script = Vec::new();
    let value = shell.to_possible_value();
    let shells = Shells::builtins();
    let known = value.as_ref().and_then(|value| shells.completer(value.get_name()));
    if let Some(known) = known {
        // Writing to memory does not fail.
        let _ = known.write_registration(VARIABLE, "mt5crs", "mt5crs", "mt5crs", &mut script);
    }
    String::from_utf8_lossy(&script).into_owned()
}
