//! One account of several: how the process that looks after it is told so, and how it answers.
//!
//! It gets the very command line that was typed, behind one argument that only this program passes on. So nothing that
//! was typed is taken apart and put together again, and a flag that is added tomorrow reaches every account. Its answer is
//! a line that says what it found, and below it the document that `-o json` prints.

use std::ffi::OsString;

use crate::args::{Arguments, Command, Format};

/// Stands in front of all that was typed. No flag of the command line's own: nobody is meant to type it.
const DOOR: &str = "--one-of-several=";

/// What the process is there for. A question that was asked once, for all accounts, is not asked again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stage {
    /// To say what would be done.
    Look,
    /// To do it.
    Act,
}

/// One account, and what is to be done with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct WorkerRole {
    pub(crate) stage: Stage,
    pub(crate) profile: String,
}

impl WorkerRole {
    /// As it is passed on.
    pub(crate) fn argument(&self) -> String {
        let stage = match self.stage {
            Stage::Look => "look",
            Stage::Act => "act",
        };
        format!("{DOOR}{stage}:{}", self.profile)
    }

    /// Takes it out of the arguments that this process was started with.
    pub(crate) fn taken_from(mut arguments: Vec<OsString>) -> (Option<Self>, Vec<OsString>) {
        let part = arguments.get(1).and_then(|first| Self::read(first.to_str()?));
        if part.is_some() {
            arguments.remove(1);
        }
        (part, arguments)
    }

    fn read(argument: &str) -> Option<Self> {
        let (stage, profile) = argument.strip_prefix(DOOR)?.split_once(':')?;
        let stage = match stage {
            "look" => Stage::Look,
            "act" => Stage::Act,
            _ => return None,
        };
        Some(Self { stage, profile: profile.to_owned() })
    }

    /// Turns what was typed for several accounts into what it means for this one.
    pub(crate) fn apply(self, arguments: &mut Arguments) {
        let global = &mut arguments.global;
        global.settings.profile = vec![self.profile];
        global.settings.all_profiles = false;
        global.output = Format::Json;
        global.is_part = true;
        if let Command::EmergencyClose(args) = &mut arguments.command {
            args.dry_run = self.stage == Stage::Look;
            args.yes = self.stage == Stage::Act;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_passed_on_in_front_of_what_was_typed() {
        let part = WorkerRole { stage: Stage::Act, profile: "account1".to_owned() };
        let typed = ["mt5crs", "sync"].map(OsString::from).to_vec();
        let mut passed = typed.clone();
        passed.insert(1, part.argument().into());
        assert_eq!(WorkerRole::taken_from(passed), (Some(part), typed.clone()));
        assert_eq!(WorkerRole::taken_from(typed.clone()), (None, typed));
        let elsewhere = ["mt5crs", "sync", "--one-of-several=act:a"].map(OsString::from).to_vec();
        assert_eq!(WorkerRole::taken_from(elsewhere.clone()), (None, elsewhere));
    }
}
