//! Starts a round's command, and carries out its disturbance.

use std::fs;
use std::io;
use std::time::Duration;

use super::disturbance::{Disturbance, NotPlayed};
use super::invariants::Invariant;
use super::power_cut;
use super::round::{BLOCK, IMPOSTOR_BOOK, Round};
use super::sandbox::{COMMAND_LIMIT, CommandResult, REACHED, StartOptions};
use super::scenario::ToolCommand;
use super::swapped_file::SwappedFile;
use crate::harness::HarnessError;
use crate::harness::process::Process;
use crate::harness::proxy::{ConnectionCounts, HeldMessage};
use crate::harness::refused_calls::RefusedCalls;

/// A socket that reconnects by itself does so within this time.
const RECONNECT_LIMIT: Duration = Duration::from_millis(60);
/// How long the round waits for a connection or an answer that may never come.
const WAIT_LIMIT: Duration = Duration::from_millis(1500);
/// The exit code of a program that the system could not load.
const NOT_LOADED: i32 = 127;

const NO_CLOCK: NotPlayed =
    NotPlayed::NoMeans("this build's clock can't be stepped: only a build for tests has a switch");
const NO_FLUSHES: NotPlayed =
    NotPlayed::NoMeans("this build doesn't record which writes were flushed");
const NO_FILTER: NotPlayed = NotPlayed::NoMeans("this system can't refuse a process's calls");
const NO_PROGRAM: NotPlayed =
    NotPlayed::NoMeans("the system could not load the program with so few descriptors");

impl Round<'_> {
    /// Starts the command and disturbs it. Returns the time of the disturbance.
    pub(super) fn disturb(&mut self) -> Result<Duration, HarnessError> {
        let clock = self.sandbox.deps.clock;
        let mut options = self.start_options()?;
        // There is no message between the last list and the order, but test builds have a wait point there.
        options.wait_point = self.waits_before_order().then_some("before-intent");
        let trigger = self.scenario.trigger.filter(|_| options.wait_point.is_none());
        let mut swapped = match (&self.scenario.disturbance, trigger) {
            (Disturbance::Fifo { file }, None) => Some(SwappedFile::swap(&self.sandbox, *file)?),
            _ => None,
        };
        let messages = trigger.map(|trigger| self.proxy.hold_at(trigger));
        let arguments: &[&str] = match self.scenario.command {
            ToolCommand::Sync => &["sync"],
            ToolCommand::Canary => &["canary", "--yes", "--beside-open", "--deadline=6s"],
            ToolCommand::EmergencyClose => &["emergency-close", "--yes", "--deadline=6s"],
        };
        let mut process = match self.sandbox.start_with(arguments, &options) {
            Err(HarnessError::Io { source, .. }) if source.kind() == io::ErrorKind::Unsupported => {
                self.result.not_played = Some(NO_FILTER);
                return Ok(clock.monotonic());
            }
            started => started?,
        };
        let held = match messages {
            None => None,
            Some(messages) => self.sandbox.wait_for_message(&messages, &mut process)?,
        };
        let began = clock.monotonic();
        if held.is_none() && trigger.is_some() {
            self.result.not_played = Some(NotPlayed::EndedBefore);
        }
        if options.wait_point.is_some() && !self.start_impostor_before_order(&mut process)? {
            self.result.not_played = Some(NotPlayed::EndedBefore);
        }
        let result = match held {
            None => self.sandbox.wait(process)?,
            Some(held) => self.strike(held, process, &mut swapped)?,
        };
        self.proxy.remove_trigger();
        self.wait_for_answers()?;
        let is_mentioned = swapped.map(|swapped| swapped.restore(&result)).transpose()?;
        if self.result.not_played.is_none() {
            self.result.not_played =
                self.why_not_struck(&result, options.file_blocks, is_mentioned)?;
        }
        self.result.findings.check_snapshot_whole(&self.sandbox.store());
        if self.result.not_played != Some(NO_PROGRAM) {
            self.result.findings.check_report(&result, &self.read_book()?);
            self.check_reduced_risk(&result)?;
        }
        Ok(began)
    }

    fn start_options(&self) -> Result<StartOptions, HarnessError> {
        let mut options = StartOptions::default();
        match &self.scenario.disturbance {
            Disturbance::FullDisk { blocks } => {
                options.file_blocks = Some(self.file_blocks(*blocks)?);
            }
            Disturbance::NoDescriptors { limit } => options.descriptors = Some(*limit),
            Disturbance::Refused(refused) => options.refused = Some(*refused),
            _ => {}
        }
        Ok(options)
    }

    /// Carries out the disturbance while the proxy holds that message, and waits for the command's end.
    fn strike(
        &mut self,
        held: HeldMessage,
        mut process: Process,
        swapped: &mut Option<SwappedFile>,
    ) -> Result<CommandResult, HarnessError> {
        match &self.scenario.disturbance {
            Disturbance::KillTool { delivered_after_ms, .. } => {
                let result = self.sandbox.kill(process)?;
                match delivered_after_ms {
                    None => held.cut(0),
                    Some(0) => held.forward(),
                    Some(ms) => self.delayed = Some((held, Duration::from_millis(*ms))),
                }
                return Ok(result);
            }
            Disturbance::PowerCut { delivered } => {
                let result = self.sandbox.kill(process)?;
                if *delivered {
                    held.forward();
                } else {
                    held.cut(0);
                }
                let (state, notes) = (self.sandbox.state(), self.sandbox.flush_notes());
                power_cut::discard_unflushed(&state, &notes)
                    .map_err(HarnessError::io("simulate a power cut"))?;
                return Ok(result);
            }
            Disturbance::KillGateway { refused } => {
                self.kill_gateway();
                held.cut(0);
                self.wait_for_connections(&mut process, |counts| counts.refused >= *refused)?;
                self.start_gateway(false)?;
            }
            Disturbance::Delay { ms } => {
                self.sandbox.deps.clock.sleep(Duration::from_millis(*ms))?;
                held.forward();
            }
            Disturbance::CutReply { permille } => held.cut(*permille),
            Disturbance::Impostor { connections } => {
                self.start_impostor()?;
                held.cut(1000);
                self.wait_for_impostor(&mut process, *connections)?;
            }
            Disturbance::LateQueue { after_ms } => {
                let after = Duration::from_millis(*after_ms);
                return self.execute_after_leaving(held, process, after);
            }
            Disturbance::SteppedClock { step_s } => {
                return self.step_clock(held, process, *step_s);
            }
            Disturbance::Fifo { file } => {
                *swapped = Some(SwappedFile::swap(&self.sandbox, *file)?);
                held.forward();
            }
            Disturbance::Drop
            | Disturbance::FullDisk { .. }
            | Disturbance::Lie { .. }
            | Disturbance::Refused(_)
            | Disturbance::NoDescriptors { .. } => held.cut(0),
        }
        self.sandbox.wait(process)
    }

    /// Why the disturbance of that command did not strike, although its trigger was reached.
    fn why_not_struck(
        &self,
        result: &CommandResult,
        file_blocks: Option<u64>,
        is_mentioned: Option<bool>,
    ) -> Result<Option<NotPlayed>, HarnessError> {
        let met = |is_met: bool| (!is_met).then_some(NotPlayed::NothingMet);
        let error = io::Error::from_raw_os_error;
        let requests = |action, count| met(self.proxy.requests(action) >= count);
        Ok(match &self.scenario.disturbance {
            // A process that has ended before the signal was not killed by it.
            Disturbance::KillTool { .. } | Disturbance::PowerCut { .. }
                if result.signal != Some(9) =>
            {
                Some(NotPlayed::EndedBefore)
            }
            Disturbance::PowerCut { .. } => (!power_cut::IS_SIMULATED).then_some(NO_FLUSHES),
            Disturbance::FullDisk { .. } => {
                let is_full = self.sandbox.has_file_of(file_blocks.unwrap_or_default() * BLOCK)?;
                // A write that was cut off is called so by the tool itself.
                let errors = [error(nix::libc::EFBIG), io::ErrorKind::StorageFull.into()];
                met(is_full || errors.iter().any(|error| result.names_error(error)))
            }
            Disturbance::Lie { fault } if fault.starts_with("close") => requests("CLOSE", 2),
            Disturbance::Lie { .. } => requests("OPEN", 1),
            Disturbance::Refused(refused) => met(result.names_error(&refused.error())),
            Disturbance::NoDescriptors { .. } if result.exit_code == Some(NOT_LOADED) => {
                Some(NO_PROGRAM)
            }
            Disturbance::NoDescriptors { .. } => met(result.names_error(&error(nix::libc::EMFILE))),
            Disturbance::Fifo { .. } => met(is_mentioned == Some(true)),
            _ => None,
        })
    }

    /// Stops the gateway, hands it the message, and lets it go on only after the tool has given the connection up.
    fn execute_after_leaving(
        &mut self,
        held: HeldMessage,
        mut process: Process,
        after: Duration,
    ) -> Result<CommandResult, HarnessError> {
        let Some(gateway) = &self.gateway else {
            return Err(HarnessError::other("there is no gateway to pause"));
        };
        let before = self.proxy.connections().accepted;
        gateway.pause()?;
        held.forward();
        // A tool that connects again has left its first connection.
        let has_left =
            self.wait_for_connections(&mut process, |counts| counts.accepted > before)?;
        self.sandbox.deps.clock.sleep(after)?;
        gateway.resume()?;
        if !has_left {
            self.result.not_played = Some(NotPlayed::NothingMet);
        }
        self.sandbox.wait(process)
    }

    /// Steps the tool's clock at this message and at each later one. Afterwards the clock is right again.
    fn step_clock(
        &mut self,
        held: HeldMessage,
        mut process: Process,
        step_s: i64,
    ) -> Result<CommandResult, HarnessError> {
        if cfg!(not(debug_assertions)) {
            self.result.not_played = Some(NO_CLOCK);
        }
        let mut next = Some(held);
        // Three values, so that a request and its reply don't cancel each other out.
        for offset in [step_s, 0, -step_s].into_iter().cycle() {
            let Some(held) = next.take() else { break };
            self.set_clock(offset)?;
            let messages = self.proxy.hold_next();
            held.forward();
            next = self.sandbox.wait_for_message(&messages, &mut process)?;
        }
        let result = self.sandbox.wait(process)?;
        self.set_clock(0)?;
        Ok(result)
    }

    fn set_clock(&self, offset_s: i64) -> Result<(), HarnessError> {
        let new = self.sandbox.file("clock-step.new");
        fs::write(&new, offset_s.to_string())
            .and_then(|()| fs::rename(&new, self.sandbox.clock_step()))
            .map_err(HarnessError::io("step the clock"))
    }

    /// Waits until the gateway has answered every request, whether anyone receives the answers or not.
    pub(super) fn wait_for_answers(&self) -> Result<(), HarnessError> {
        self.sandbox.wait_until(WAIT_LIMIT, || Ok(!self.proxy.has_unanswered())).map(drop)
    }

    /// Waits for enough connections or the command's end, at most for [`WAIT_LIMIT`]. Returns whether one of them came.
    fn wait_for_connections(
        &self,
        process: &mut Process,
        is_enough: impl Fn(ConnectionCounts) -> bool,
    ) -> Result<bool, HarnessError> {
        let enough = || Ok(is_enough(self.proxy.connections()) || process.has_ended()?);
        self.sandbox.wait_until(WAIT_LIMIT, enough)
    }

    fn waits_before_order(&self) -> bool {
        let impostor = matches!(self.scenario.disturbance, Disturbance::Impostor { .. });
        cfg!(debug_assertions) && impostor && self.scenario.command == ToolCommand::Canary
    }

    /// Replaces the gateway by another program between the canary's last list and its order. Returns whether the canary got
    /// that far.
    fn start_impostor_before_order(&mut self, process: &mut Process) -> Result<bool, HarnessError> {
        let Disturbance::Impostor { connections } = self.scenario.disturbance else {
            return Ok(false);
        };
        let reached = self.sandbox.file(REACHED);
        let decided = || Ok(reached.exists() || process.has_ended()?);
        self.sandbox.wait_until(COMMAND_LIMIT, decided)?;
        if !reached.exists() {
            return Ok(false);
        }
        self.start_impostor()?;
        self.proxy.close_connections();
        let reconnected = || Ok(self.proxy.connections() != ConnectionCounts::default());
        self.sandbox.wait_until(RECONNECT_LIMIT, reconnected)?;
        fs::remove_file(&reached).map_err(HarnessError::io("let the canary go on"))?;
        self.wait_for_impostor(process, connections)?;
        Ok(true)
    }

    /// Routes new connections to a program that takes every message for an order.
    fn start_impostor(&mut self) -> Result<(), HarnessError> {
        let arguments = ["--fault=foreign-ea-v5".to_owned()];
        let book = self.sandbox.file(IMPOSTOR_BOOK);
        let impostor = self.sandbox.start_gateway(&book, &arguments)?;
        self.proxy.route_to(Some(impostor.address));
        self.impostor = Some(impostor);
        Ok(())
    }

    /// Waits for that many connections to the impostor, and routes later ones to the gateway again.
    fn wait_for_impostor(
        &self,
        process: &mut Process,
        connections: u32,
    ) -> Result<(), HarnessError> {
        self.wait_for_connections(process, |counts| counts.accepted >= connections)?;
        self.proxy.route_to(self.gateway.as_ref().map(|gateway| gateway.address));
        Ok(())
    }

    /// Whatever a file, a lock or a clock does, emergency-close closes everything.
    fn check_reduced_risk(&mut self, result: &CommandResult) -> Result<(), HarnessError> {
        let harmless = matches!(
            self.scenario.disturbance,
            Disturbance::FullDisk { .. }
                | Disturbance::SteppedClock { .. }
                | Disturbance::Refused(RefusedCalls::Locks)
                | Disturbance::Fifo { .. }
        );
        if !harmless || self.scenario.command != ToolCommand::EmergencyClose {
            return Ok(());
        }
        let open = self.read_book()?.open.len();
        let violation = (open > 0 || result.exit_code != Some(0))
            .then(|| format!("{open} are open, {}", result.describe()));
        self.result.findings.record(Invariant::RiskIsReduced, violation);
        Ok(())
    }
}
