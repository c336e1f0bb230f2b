//! stub
use crate::args::{ServeArgs, SimArgs};
use crate::run::Run;
use mt5crs::exit::Exit;
pub(crate) fn run(_: &Run, _: &ServeArgs) -> Exit {
    Exit::Ok
}
impl SimArgs {
    pub(crate) fn options(&self) -> Result<mt5crs::sim::Options, std::io::Error> {
        Ok(mt5crs::sim::Options)
    }
}
