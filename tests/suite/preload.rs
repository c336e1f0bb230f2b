//! Libraries that replace functions of the system in a command, by LD_PRELOAD.

use std::process::Command;
use std::sync::OnceLock;

use tempfile::TempDir;

/// A library, built when it is first used. libzmq needs the compiler as well.
pub struct Library {
    source: &'static str,
    built: OnceLock<(TempDir, String)>,
}

/// Steps the wall clock back by `STEP_BACK_S` seconds once the file `STEP_AT` exists.
pub static STEPPED_CLOCK: Library = Library::new("stepped_clock.cpp");

/// Resolves every name to `ADDRESSES`.
pub static SEVERAL_ADDRESSES: Library = Library::new("several_addresses.cpp");

/// Lets the call number `FAIL_AT` of the function `FAIL_CALL` fail with `FAIL_ERRNO`, and creates the file `FAIL_NOTE` then.
pub static FAILING_CALLS: Library = Library::new("failing_calls.cpp");

impl Library {
    const fn new(source: &'static str) -> Self {
        Self { source, built: OnceLock::new() }
    }

    /// Its path.
    pub fn path(&self) -> &str {
        &self.built.get_or_init(|| self.build()).1
    }

    fn build(&self) -> (TempDir, String) {
        let directory = tempfile::tempdir().unwrap();
        let library = directory.path().join("library.so").to_str().unwrap().to_owned();
        let sources = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/suite/preload/");
        let compiler = std::env::var("CXX").unwrap_or_else(|_| "c++".to_owned());
        let mut command = Command::new(compiler);
        command.args(["-shared", "-fPIC", "-o", &library]);
        command.arg(format!("{sources}{}", self.source)).arg("-ldl");
        assert!(command.status().unwrap().success());
        (directory, library)
    }
}
