//! The intended differences between the frame decoder and serde_json.

use std::fmt;

use mt5crs::protocol::Reason;

macro_rules! rules {
    ($($rule:ident = $about:literal,)*) => {
        /// A difference that is intended.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(crate) enum Rule {
            $(#[doc = $about] $rule,)*
        }

        impl Rule {
            const ALL: &[(Self, &'static str)] = &[$((Self::$rule, $about),)*];
        }
    };
}

rules! {
    Duplicate = "a key given twice, in the frame, its object or an element of its list, is refused",
    Members = "an object of more than 256 members is refused",
    Depth = "a value nested more than 128 deep is refused",
    ObjectType = "a member that the protocol makes an object is refused as anything else",
    ListType = "a member that the protocol makes a list of objects is refused as anything else",
    HalfPair = "a key with half a surrogate pair is refused in the same places",
    Null = "a member that is null counts as absent",
    LongValue = "a name, code or number of more than 1,000 bytes is refused when it is read",
    MinusZero = "-0 is the whole number 0",
    LargeNumber = "a number of 10^18 or more is refused when it is read",
    ManyDigits = "a number with more digits than a decimal holds is refused when it is read",
    Noise = "a number closer to 0 than 10^-10 is rounded away from 0 at the 28th decimal place",
}

impl Rule {
    /// Whether this reason states the rule.
    pub(crate) fn is_stated_by(self, reason: &Reason) -> bool {
        match self {
            Self::Duplicate => *reason == Reason::Duplicate,
            Self::Members => matches!(reason, Reason::TooManyMembers { limit: 256 }),
            Self::Depth => *reason == Reason::NotJson("nested too deep"),
            Self::ObjectType => matches!(reason, Reason::WrongType { expected: "an object", .. }),
            Self::ListType => {
                matches!(reason, Reason::WrongType { expected: "an object" | "a list", .. })
            }
            Self::HalfPair => *reason == Reason::NotJson("an invalid escape"),
            Self::LongValue => matches!(reason, Reason::ValueTooLong { limit: 1000, .. }),
            Self::LargeNumber => *reason == Reason::NotFinite,
            Self::ManyDigits => *reason == Reason::TooManyDigits,
            Self::Null | Self::MinusZero | Self::Noise => false,
        }
    }
}

/// Number of inputs by result.
#[derive(Default)]
pub(crate) struct Tally {
    /// Both accepted the input.
    pub(crate) accepted: u64,
    /// Both refused it.
    pub(crate) refused: u64,
    /// Number of inputs, or of members, for which a rule held.
    by_rule: [u64; Rule::ALL.len()],
}

impl Tally {
    /// Counts a rule that held.
    pub(crate) fn count(&mut self, rule: Rule) {
        self.by_rule[rule as usize] += 1;
    }

    pub(crate) fn add(&mut self, other: &Self) {
        self.accepted += other.accepted;
        self.refused += other.refused;
        for (sum, more) in self.by_rule.iter_mut().zip(other.by_rule) {
            *sum += more;
        }
    }

    /// What no input showed.
    pub(crate) fn missing(&self) -> Vec<&'static str> {
        let results =
            [(self.accepted, "a frame that both accept"), (self.refused, "one that both refuse")];
        let rules = Rule::ALL.iter().map(|(rule, about)| (self.by_rule[*rule as usize], *about));
        let all = results.into_iter().chain(rules);
        all.filter(|(count, _)| *count == 0).map(|(_, about)| about).collect()
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{:>12}  accepted by both", self.accepted)?;
        write!(f, "{:>12}  refused by both", self.refused)?;
        for (rule, about) in Rule::ALL {
            write!(f, "\n{:>12}  {about}", self.by_rule[*rule as usize])?;
        }
        Ok(())
    }
}
