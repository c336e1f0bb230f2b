//! `mt5crs man [PAGE]`: manual pages, one to read or all of them to install.

use std::path::Path;

use mt5crs::exit::Exit;
use mt5crs::failure::{Code, Failure};

use crate::args::ManArgs;
use crate::render::man::{self, ManPage};
use crate::run::Run;

pub(crate) fn run(run: &Run, args: &ManArgs) -> Exit {
    let written = match &args.dir {
        Some(directory) => all_into(directory),
        None => one(&args.page),
    };
    let shown = written.and_then(|text| run.screen.text(&text).map_err(|error| error.to_string()));
    match shown {
        Ok(()) => Exit::Ok,
        Err(cause) => {
            let failure =
                Failure::new(Code::Manual, "failed to write the manual").with_cause(cause);
            run.screen.fail(&failure);
            failure.exit()
        }
    }
}

fn one(name: &str) -> Result<String, String> {
    let page = man::pages().into_iter().find(|page| page.name == name);
    page.map_or_else(|| Err(format!("no page is called {name}")), |page| text(&page))
}

fn text(page: &ManPage) -> Result<String, String> {
    let bytes = page.roff().map_err(|error| error.to_string())?;
    String::from_utf8(bytes).map_err(|error| error.to_string())
}

/// Writes every page, and returns their paths, one a line.
fn all_into(directory: &Path) -> Result<String, String> {
    let named = |path: &Path, error: std::io::Error| format!("{}: {error}", path.display());
    std::fs::create_dir_all(directory).map_err(|error| named(directory, error))?;
    let mut paths = String::new();
    for page in man::pages() {
        let path = directory.join(format!("{}.1", page.name));
        std::fs::write(&path, text(&page)?).map_err(|error| named(&path, error))?;
        paths.push_str(&format!("{}\n", path.display()));
    }
    Ok(paths)
}
