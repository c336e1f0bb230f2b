//! `mt5crs schema COMMAND` and `mt5crs completions SHELL`: what other programs need to know of this one.

use clap::{CommandFactory, ValueEnum};
use mt5crs::exit::Exit;
use mt5crs::logs;
use mt5crs::ops;
use mt5crs::report::{Envelope, Outcome, Verdict};
use schemars::{JsonSchema, Schema, schema_for};

use crate::args::{Arguments, CompletionsArgs, SchemaArgs, SchemaOf};
use crate::run::Run;

pub(crate) fn run(run: &Run, args: &SchemaArgs) -> Exit {
    let Some(wanted) = args.command else { return names(run) };
    let schema = match wanted {
        SchemaOf::LinkTest => of::<ops::link_test::Report>(),
        SchemaOf::LinkWatch => schema_for!(ops::link_test::watch::Event),
        SchemaOf::Positions => of::<ops::positions::Report>(),
        SchemaOf::Sync => of::<ops::sync::Report>(),
        SchemaOf::Audit => of::<ops::audit::Report>(),
        SchemaOf::AuditChecks => of::<ops::audit::Checks>(),
        SchemaOf::Canary => of::<ops::canary::Report>(),
        SchemaOf::CanaryTick => schema_for!(ops::canary::watch::Tick),
        SchemaOf::Drift => of::<ops::drift::Report>(),
        SchemaOf::EmergencyClose => of::<ops::emergency_close::Report>(),
        SchemaOf::Phoenix => of::<ops::phoenix::Report>(),
        SchemaOf::Breaker => of::<ops::breaker::Report>(),
        SchemaOf::EvidenceShow => of::<ops::evidence::show::Report>(),
        SchemaOf::EvidenceVerify => of::<ops::evidence::verify::Report>(),
        SchemaOf::EvidenceResolve => of::<ops::evidence::resolve::Report>(),
        SchemaOf::EvidenceExport => of::<ops::evidence::export::Report>(),
        SchemaOf::LogsGrep => schema_for!(ops::logs::grep::object::Object<'static>),
        SchemaOf::LogsPresets => of::<ops::logs::presets::Report>(),
        SchemaOf::LogsAlerts => of::<ops::logs::alerts::Report>(),
        SchemaOf::LogsAlert => schema_for!(logs::alerts::rules::Alert),
        SchemaOf::LogsSummary => of::<ops::logs::summary::Report>(),
        SchemaOf::ConfigCheck => of::<ops::config_check::Report>(),
        SchemaOf::ConfigShow => of::<ops::config_show::Report>(),
        SchemaOf::Explain => of::<ops::explain::Report>(),
        SchemaOf::Fleet => of::<ops::fleet::Report>(),
        SchemaOf::Sim => {
            schema_for!(ops::simulator::Printed<Envelope<'static, ops::simulator::Ledger>>)
        }
        SchemaOf::SimFaults => of::<ops::simulator::Faults>(),
        SchemaOf::SimLedger => of::<ops::simulator::Ledger>(),
        SchemaOf::Schemas => of::<ops::schemas::Report>(),
        // What was asked for could not be told: there is no command, and no report.
        SchemaOf::Usage => of::<()>(),
    };
    let text = serde_json::to_string_pretty(&schema).unwrap_or_default();
    print(run, &text)
}

/// Every name, for whoever doesn't know the one.
fn names(run: &Run) -> Exit {
    let known = SchemaOf::value_variants().iter().filter_map(SchemaOf::to_possible_value);
    let schemas = known.map(|value| value.get_name().to_owned()).collect();
    let report = ops::schemas::Report { schemas };
    run.finish_alone("schemas", &Outcome::judged(report, Verdict::Pass, false))
}

fn of<R: JsonSchema + 'static>() -> Schema {
    schema_for!(Envelope<'static, R>)
}

pub(crate) fn completions(run: &Run, args: &CompletionsArgs) -> Exit {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Arguments::command(), "mt5crs", &mut script);
    print(run, &String::from_utf8_lossy(&script))
}

fn print(run: &Run, text: &str) -> Exit {
    match run.screen.text(text) {
        Ok(()) => Exit::Ok,
        Err(error) => {
            run.screen.warn(&format!("failed to write: {error}"));
            Exit::No
        }
    }
}
