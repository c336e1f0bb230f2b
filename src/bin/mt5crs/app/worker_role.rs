//! The role of a worker process: its account, and its effect on the command line.
//!
//! A worker gets the command line as it was typed, behind one argument that only this program passes on. So a new flag
//! reaches every account without any code here. Its answer is a line with its finding, and below it the document that
//! `-o json` prints.

use std::ffi::OsString;

use super::command::{Command, Task};
use crate::cli::{Global, OutputFormat};
use crate::render::style::Colour;

/// First argument of a worker process. It is not a flag that operators type.
const PREFIX: &str = "--worker=";

/// The account of a worker, and its task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct WorkerRole {
    pub(crate) task: Task,
    pub(crate) profile: String,
}

impl WorkerRole {
    /// The argument that passes it on.
    pub(super) fn argument(&self) -> String {
        let task = match self.task {
            Task::Plan => "plan",
            Task::Act => "act",
        };
        format!("{PREFIX}{task}:{}", self.profile)
    }

    /// Splits it off the arguments that this process was started with.
    pub(crate) fn split_off(mut arguments: Vec<OsString>) -> (Option<Self>, Vec<OsString>) {
        let role = arguments.get(1).and_then(|first| Self::parse(first.to_str()?));
        if role.is_some() {
            arguments.remove(1);
        }
        (role, arguments)
    }

    fn parse(argument: &str) -> Option<Self> {
        let (task, profile) = argument.strip_prefix(PREFIX)?.split_once(':')?;
        let task = match task {
            "plan" => Task::Plan,
            "act" => Task::Act,
            _ => return None,
        };
        Some(Self { task, profile: profile.to_owned() })
    }

    /// Turns a command line for several accounts into one for this account.
    pub(crate) fn apply(self, global: &mut Global, command: &mut dyn Command) {
        global.settings.profile = vec![self.profile];
        global.settings.all_profiles = false;
        global.output = OutputFormat::Json;
        // Its messages are passed on by another process, for its own terminal.
        global.color = Colour::Never;
        global.is_worker = true;
        command.assign(self.task);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_is_the_first_argument_and_nothing_else_is_taken_for_one() {
        let role = WorkerRole { task: Task::Act, profile: "account1".to_owned() };
        let typed = ["mt5crs", "sync"].map(OsString::from).to_vec();
        let mut passed = typed.clone();
        passed.insert(1, role.argument().into());
        assert_eq!(WorkerRole::split_off(passed), (Some(role), typed.clone()));
        assert_eq!(WorkerRole::split_off(typed.clone()), (None, typed));
        let elsewhere = ["mt5crs", "sync", "--worker=act:a"].map(OsString::from).to_vec();
        assert_eq!(WorkerRole::split_off(elsewhere.clone()), (None, elsewhere));
    }
}
