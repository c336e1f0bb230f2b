//! `mt5crs explain [CODE]`.

use mt5crs::exit::Exit;
use mt5crs::failure::{Code, Failure};
use mt5crs::ops::explain::{self, Report};
use mt5crs::report::{Outcome, Verdict};

use crate::args::ExplainArgs;
use crate::run::Run;

const NAME: &str = "explain";

pub(crate) fn run(run: &Run, args: &ExplainArgs) -> Exit {
    match explain::explain(args.code.as_deref()) {
        Ok(report) => run.finish_alone(NAME, &Outcome::judged(report, Verdict::Pass, false)),
        Err(unknown) => {
            run.give_up::<Report>(NAME, Failure::from_error(Code::UnknownCode, &unknown))
        }
    }
}
