//! What is looked for: patterns or presets, compiled to one matcher so that a file is read once however many there are.

use std::ops::Range;

use grep_matcher::Matcher as _;
use grep_regex::{RegexMatcher, RegexMatcherBuilder};

use crate::logs::search::preset::Preset;

/// How patterns are read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Syntax {
    /// Upper and lower case are one.
    pub ignore_case: bool,
    /// A pattern is the very text that is looked for.
    pub fixed: bool,
    /// A match ends where words end.
    pub words: bool,
}

/// One matcher for all that is looked for.
#[derive(Debug, Clone)]
pub struct Query {
    pub(super) matcher: RegexMatcher,
    presets: Vec<&'static Preset>,
}

/// A pattern can't be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{pattern}` is not a pattern{}: {why}", .at.map_or_else(String::new, |at| format!(" from its character {} on", at + 1)))]
pub struct BadPattern {
    /// Which.
    pub pattern: String,
    /// Where it goes wrong, in characters from its start, where one place can be named.
    pub at: Option<usize>,
    /// Why.
    pub why: String,
}

impl Query {
    /// Looks for lines that any of the patterns matches.
    pub fn patterns(patterns: &[String], syntax: Syntax) -> Result<Self, BadPattern> {
        // One by one first: an error in a pattern is an error in that one.
        if !syntax.fixed {
            for pattern in patterns {
                if let Err(error) = regex_syntax::parse(pattern) {
                    return Err(located(pattern, &error));
                }
            }
        }
        let matcher = builder(syntax).build_many(patterns).map_err(|error| BadPattern {
            pattern: patterns.join("|"),
            at: None,
            why: error.to_string(),
        })?;
        Ok(Self { matcher, presets: Vec::new() })
    }

    /// Looks for lines that any of the presets finds.
    pub fn presets(presets: &[&'static Preset]) -> Result<Self, BadPattern> {
        let words: Vec<&str> = presets.iter().flat_map(|preset| preset.words).copied().collect();
        Ok(Self { presets: presets.to_vec(), ..Self::words(&words)? })
    }

    /// Looks for lines that hold any of the words.
    pub(crate) fn words(words: &[&str]) -> Result<Self, BadPattern> {
        let words: Vec<String> = words.iter().map(|&word| word.to_owned()).collect();
        Self::patterns(&words, Syntax { fixed: true, ..Syntax::default() })
    }

    /// Which of the presets find that line.
    pub fn found_by(&self, line: &[u8]) -> impl Iterator<Item = &'static Preset> {
        self.presets.iter().copied().filter(|preset| preset.finds(line))
    }

    /// Where in the line the matches are, in bytes.
    pub fn spans(&self, line: &[u8]) -> Vec<Range<usize>> {
        let mut spans = Vec::new();
        // The matcher's error type has no value.
        let _ = self.matcher.find_iter(line, |found| {
            if !found.is_empty() {
                spans.push(found.start()..found.end());
            }
            true
        });
        spans
    }
}

fn builder(syntax: Syntax) -> RegexMatcherBuilder {
    let mut builder = RegexMatcherBuilder::new();
    builder
        .case_insensitive(syntax.ignore_case)
        .fixed_strings(syntax.fixed)
        .word(syntax.words)
        .multi_line(true)
        // Known to match within lines alone, the searcher runs over whole buffers and looks for lines where there is a match.
        .line_terminator(Some(b'\n'));
    builder
}

fn located(pattern: &str, error: &regex_syntax::Error) -> BadPattern {
    let (offset, why) = match error {
        regex_syntax::Error::Parse(error) => {
            (Some(error.span().start.offset), error.kind().to_string())
        }
        regex_syntax::Error::Translate(error) => {
            (Some(error.span().start.offset), error.kind().to_string())
        }
        other => (None, other.to_string()),
    };
    let at = offset.and_then(|offset| pattern.get(..offset)).map(|before| before.chars().count());
    BadPattern { pattern: pattern.to_owned(), at, why }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spans(patterns: &[&str], syntax: Syntax, line: &str) -> Vec<(usize, usize)> {
        let patterns: Vec<String> = patterns.iter().map(|&pattern| pattern.to_owned()).collect();
        let query = Query::patterns(&patterns, syntax).unwrap();
        query.spans(line.as_bytes()).into_iter().map(|span| (span.start, span.end)).collect()
    }

    #[test]
    fn reads_patterns_as_asked() {
        let plain = Syntax::default();
        assert_eq!(spans(&["b+", "d"], plain, "abbcd"), [(1, 3), (4, 5)]);
        assert!(spans(&["B"], plain, "abc").is_empty());
        assert_eq!(spans(&["B"], Syntax { ignore_case: true, ..plain }, "abc"), [(1, 2)]);
        assert_eq!(spans(&["a.c"], Syntax { fixed: true, ..plain }, "abc a.c"), [(4, 7)]);
        assert_eq!(spans(&["P9"], Syntax { words: true, ..plain }, "P99 P9"), [(4, 6)]);
        assert!(spans(&["x*"], plain, "abc").is_empty());
    }

    #[test]
    fn a_bad_pattern_is_named_with_its_place() {
        let bad = |pattern: &str| {
            Query::patterns(&["ok".into(), pattern.into()], Syntax::default()).unwrap_err()
        };
        let open = bad("金(a");
        assert_eq!((open.pattern.as_str(), open.at), ("金(a", Some(1)));
        assert_eq!(
            open.to_string(),
            "`金(a` is not a pattern from its character 2 on: unclosed group"
        );
        assert_eq!(bad("a{2,1}").at, Some(1));
        assert_eq!(bad(r"\p{Nothing}").at, Some(0));
        assert!(bad("a\nb").why.contains("not allowed"), "{}", bad("a\nb"));
    }
}
