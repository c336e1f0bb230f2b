//! Reads samples from files: one number a line, a column of a CSV file, or a field of a JSONL file.
//!
//! A program may be writing the current file, so an unreadable last line without a newline is skipped. Any other value that
//! is no finite number makes the whole file unreadable, because a sample without some of its values is another sample.

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use crate::os::fifo::open_regular;

/// A longer file is refused.
const MAX_BYTES: u64 = 4 << 20;

/// The source of a sample.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// The file.
    pub path: PathBuf,
    /// The CSV column or the JSONL field; without one, each line is a number.
    pub field: Option<String>,
}

/// A file's values.
#[derive(Debug, Clone, PartialEq)]
pub struct Sample {
    /// Finite values, in the file's order.
    pub values: Vec<f64>,
    /// SHA-256 of the file's text, to tell two readings apart.
    pub sha256: [u8; 32],
}

/// Why a file can't be read as a sample.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("cannot read {path}: {why}")]
pub struct Unreadable {
    /// The file.
    pub path: String,
    /// The error.
    pub why: String,
}

/// Reads the file as it is now.
pub fn read(source: &Source) -> Result<Sample, Unreadable> {
    let sample = text_of(&source.path).and_then(|text| {
        let values = values(&text, source.field.as_deref())?;
        Ok(Sample { values, sha256: Sha256::digest(&text).into() })
    });
    sample.map_err(|why| Unreadable { path: source.path.display().to_string(), why })
}

fn text_of(path: &Path) -> Result<String, String> {
    let file = open_regular(File::options().read(true), path).map_err(|error| error.to_string())?;
    let mut bytes = vec![];
    file.take(MAX_BYTES + 1).read_to_end(&mut bytes).map_err(|error| error.to_string())?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err(format!("it is longer than {} MiB, which is no sample", MAX_BYTES >> 20));
    }
    let text = String::from_utf8(bytes)
        .map_err(|error| format!("byte {} is not UTF-8", error.utf8_error().valid_up_to()))?;
    Ok(text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text))
}

fn values(text: &str, field: Option<&str>) -> Result<Vec<f64>, String> {
    let Some(field) = field else {
        return lines(text, &|line| number(line).ok_or_else(|| not_a_number(line)));
    };
    if text.trim_start().starts_with('{') {
        return lines(text, &|line| of_object(line, field));
    }
    of_table(text, field)
}

/// Reads each line that is not empty; the last one may be unfinished.
fn lines(text: &str, read: &dyn Fn(&str) -> Result<f64, String>) -> Result<Vec<f64>, String> {
    let mut values = vec![];
    for (index, line) in text.split_inclusive('\n').enumerate() {
        let finished = line.ends_with('\n');
        let line = line.trim();
        if line.is_empty() {
            continue;
        }
        match read(line) {
            Ok(value) => values.push(value),
            Err(_) if !finished => {}
            Err(why) => return Err(format!("line {}: {why}", index + 1)),
        }
    }
    Ok(values)
}

fn of_object(line: &str, field: &str) -> Result<f64, String> {
    let fields: Map<String, Value> =
        serde_json::from_str(line).map_err(|_| "it is no JSON object".to_owned())?;
    let value = fields.get(field).ok_or_else(|| format!("it has no field `{field}`"))?;
    let found = value.as_f64().filter(|value| value.is_finite());
    found.ok_or_else(|| not_a_number(&value.to_string()))
}

fn of_table(text: &str, field: &str) -> Result<Vec<f64>, String> {
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(text.as_bytes());
    let header = reader.headers().map_err(|error| error.to_string())?;
    let Some(column) = header.iter().position(|name| name.trim() == field) else {
        let names: Vec<&str> = header.iter().take(20).collect();
        let names = crate::escape::visible(&names.join(", ")).to_string();
        return Err(format!("it has no column `{field}`; its first line names {names}"));
    };
    let mut values = vec![];
    for record in reader.records() {
        let record = record.map_err(|error| error.to_string())?;
        let cell = record.get(column).unwrap_or_default();
        if let Some(value) = number(cell) {
            values.push(value);
            continue;
        }
        let line = record.position().map_or(0, csv::Position::line);
        let is_last = usize::try_from(line).is_ok_and(|line| line == text.lines().count());
        if text.ends_with('\n') || !is_last {
            return Err(format!("line {line}: {}", not_a_number(cell)));
        }
    }
    Ok(values)
}

/// Rust parses `NaN`, `inf` and `1e999` as floats; none of them is a value.
fn number(text: &str) -> Option<f64> {
    text.trim().parse().ok().filter(|value: &f64| value.is_finite())
}

fn not_a_number(text: &str) -> String {
    let shown: String = text.chars().take(40).collect();
    format!("`{}` is not a finite number", shown.escape_debug())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str, field: Option<&str>) -> Result<Vec<f64>, String> {
        values(text, field)
    }

    #[test]
    fn reads_each_of_the_three_forms() {
        let expected = vec![1.0, -2.5, 3e-2];
        assert_eq!(of("1\n-2.5\n\n3e-2\n", None), Ok(expected.clone()));
        assert_eq!(of("1\r\n-2.5\r\n3e-2", None), Ok(expected.clone()));
        assert_eq!(of("time,x\n1,1\n2,-2.5\n3,3e-2\n", Some("x")), Ok(expected.clone()));
        assert_eq!(of("\"x\",\"a, b\"\n1,2\n-2.5,\n3e-2,0\n", Some("x")), Ok(expected.clone()));
        let json = "{\"x\":1,\"y\":\"n\"}\n{\"x\":-2.5}\n{\"y\":0,\"x\":0.03}\n";
        assert_eq!(of(json, Some("x")), Ok(expected));
    }

    #[test]
    fn an_invalid_value_is_reported_with_its_line() {
        for (text, field, words) in [
            ("1\nabc\n3\n", None, "line 2: `abc` is not a finite number"),
            ("1\nNaN\n", None, "line 2"),
            ("inf\n1\n", None, "line 1"),
            ("1e999\n1\n", None, "line 1"),
            ("{\"x\":1}\n", None, "line 1"),
            ("{\"x\":1}\n{\"x\":null}\n", Some("x"), "line 2: `null`"),
            ("{\"x\":1}\n{\"y\":1}\n", Some("x"), "line 2: it has no field `x`"),
            ("{\"x\":1}\n[1]\n", Some("x"), "line 2: it is no JSON object"),
            ("a,b\n1,2\n", Some("x"), "no column `x`; its first line names a, b"),
            ("a,x\n1,2\n3\n4,5\n", Some("x"), "line 3"),
            ("a,x\n1,\x1b[31m\n", Some("x"), "line 2: `\\u{1b}[31m`"),
        ] {
            let error = of(text, field).unwrap_err();
            assert!(error.contains(words), "{error:?} of {text:?}");
        }
    }

    #[test]
    fn an_unfinished_last_line_is_skipped() {
        assert_eq!(of("1\n2\n3e", None), Ok(vec![1.0, 2.0]));
        assert_eq!(of("{\"x\":1}\n{\"x\":2", Some("x")), Ok(vec![1.0]));
        assert_eq!(of("a,x\n1,2\n3", Some("x")), Ok(vec![2.0]));
        // One that can be read counts: many programs write no last newline.
        assert_eq!(of("1\n2\n3", None), Ok(vec![1.0, 2.0, 3.0]));
    }

    #[test]
    fn unreadable_files_are_reported() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("sample");
        let read_it = || read(&Source { path: path.clone(), field: None });
        assert!(read_it().unwrap_err().to_string().contains("No such file"));
        std::fs::write(&path, b"1\n\xff\n").unwrap();
        assert!(read_it().unwrap_err().why.contains("byte 2"));
        std::fs::write(&path, vec![b'1'; (MAX_BYTES + 1) as usize]).unwrap();
        assert!(read_it().unwrap_err().why.contains("4 MiB"));
        std::fs::remove_file(&path).unwrap();
        nix::unistd::mkfifo(&path, nix::sys::stat::Mode::S_IRWXU).unwrap();
        assert!(read_it().unwrap_err().why.contains("not a regular file"));
    }
}
