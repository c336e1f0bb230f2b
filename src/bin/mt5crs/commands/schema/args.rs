//! Arguments of `mt5crs schema`.

use clap::builder::{PossibleValuesParser, TypedValueParser};

use crate::app::command::Document;
use crate::commands::documents;

/// Print the JSON Schema of a report
#[derive(Debug, clap::Args)]
#[command(after_help = "mt5crs schema sync\nmt5crs schema")]
pub(crate) struct Args {
    /// The command or document [a list of all names]
    #[arg(value_name = "COMMAND", value_parser = document())]
    pub(super) document: Option<Document>,
}

fn document() -> impl TypedValueParser<Value = Document> {
    let names = PossibleValuesParser::new(documents().iter().map(|document| document.name));
    names.try_map(|name| {
        let found = documents().into_iter().find(|document| document.name == name);
        found.ok_or("no such document")
    })
}
