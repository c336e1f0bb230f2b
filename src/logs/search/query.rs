//! Compiles patterns or presets to one matcher, so that each file is read once.

use std::ops::Range;

use grep_matcher::Matcher as _;
use grep_regex::{RegexMatcher, RegexMatcherBuilder};

use crate::logs::search::preset::Preset;

/// Syntax of the patterns.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Syntax {
    /// Ignores case.
    pub ignore_case: bool,
    /// Patterns are literal text, not regular expressions.
    pub fixed: bool,
    /// Matches only whole words.
    pub words: bool,
}

/// A compiled query.
#[derive(Debug, Clone)]
pub struct Query {
    pub(super) matcher: RegexMatcher,
    presets: Vec<&'static Preset>,
}

/// An invalid pattern.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{pattern}` is not a pattern{}: {why}", .at.map_or_else(String::new, |at| format!(" from its character {} on", at + 1)))]
pub struct BadPattern {
    /// The pattern.
    pub pattern: String,
    /// Position of the error in characters from 0, where it is known.
    pub at: Option<usize>,
    /// The error.
    pub why: String,
}

impl Query {
    /// Finds lines that match any of the patterns.
    pub fn patterns<P: AsRef<str>>(patterns: &[P], syntax: Syntax) -> Result<Self, BadPattern> {
        let texts = || patterns.iter().map(AsRef::as_ref);
        // Parsed one by one first, so that the error names its pattern.
        for pattern in texts().filter(|_| !syntax.fixed) {
            regex_syntax::parse(pattern).map_err(|error| located(pattern, &error))?;
        }
        let matcher = builder(syntax).build_many(patterns).map_err(|error| BadPattern {
            pattern: texts().collect::<Vec<_>>().join("|"),
            at: None,
            why: error.to_string(),
        })?;
        Ok(Self { matcher, presets: Vec::new() })
    }

    /// Finds lines that any of the presets finds.
    pub fn presets(presets: &[&'static Preset]) -> Result<Self, BadPattern> {
        let words: Vec<&str> = presets.iter().flat_map(|preset| preset.words).copied().collect();
        Ok(Self { presets: presets.to_vec(), ..Self::words(&words)? })
    }

    /// Finds lines that contain any of the words.
    pub(crate) fn words(words: &[&str]) -> Result<Self, BadPattern> {
        Self::patterns(words, Syntax { fixed: true, ..Syntax::default() })
    }

    /// The presets that find the line.
    pub fn found_by(&self, line: &[u8]) -> impl Iterator<Item = &'static Preset> {
        self.presets.iter().copied().filter(|preset| preset.finds(line))
    }

    /// Byte ranges of the matches in the line.
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
        // Knowing that no match spans lines, the library searches whole buffers instead of line by line.
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
        let query = Query::patterns(patterns, syntax).unwrap();
        query.spans(line.as_bytes()).into_iter().map(|span| (span.start, span.end)).collect()
    }

    #[test]
    fn reads_patterns_by_their_syntax() {
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
        let bad = |pattern: &str| Query::patterns(&["ok", pattern], Syntax::default()).unwrap_err();
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
