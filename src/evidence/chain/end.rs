//! Judges the end of the chain by its head.

use super::{Chain, Step, Stored};
use crate::evidence::damage::{DamageKind, RemarkKind};

impl Chain<'_> {
    /// Judges the end of the chain, once every line was read.
    pub(super) fn end(&mut self) {
        self.end_torn();
        for gap in std::mem::take(&mut self.gaps) {
            self.report_gap(&gap);
        }
        self.end_head();
        let last = self.next - 1;
        let misfits = std::mem::take(&mut self.anchors).misfits(last);
        self.steps.extend(misfits.into_iter().map(Step::Damage));
    }

    /// Lines at the very end that are no records: an append was killed, where the head counts no further.
    fn end_torn(&mut self) {
        let Some(torn) = self.torn.take() else { return };
        let counted = if let Stored::Head(head) = &self.head { head.count } else { 0 };
        if counted < self.next {
            let found = format!(
                "{} bytes of an unfinished line; the next append closes it off",
                torn.bytes
            );
            self.remark(RemarkKind::UnfinishedLine, Some(torn.first_line), None, found);
        } else if torn.ended || torn.lines > 1 {
            self.report_unreadable(torn, None);
        }
        // A torn record that the head counts is reported by the head as cut off.
    }

    fn end_head(&mut self) {
        let last = self.next - 1;
        let (kind, seq, found) = match &self.head {
            // A kill between the first record and its head leaves none.
            Stored::Absent if last <= 1 => return,
            Stored::Absent => {
                (DamageKind::HeadMissing, None, format!("there are {last} records and no head"))
            }
            Stored::Unreadable(why) => {
                (DamageKind::HeadUnreadable, None, format!("the head can't be read: {why}"))
            }
            Stored::Head(head) if head.count > last => (
                DamageKind::Truncated,
                Some(last + 1),
                format!("the head counts {} records, and there are {last}", head.count),
            ),
            Stored::Head(head) if self.at_head.is_some_and(|hash| !hash.allows(head.hash)) => (
                DamageKind::HeadForeign,
                Some(head.count),
                format!(
                    "the head's hash is not that of record {}: one of the two is of another chain",
                    head.count
                ),
            ),
            Stored::Head(head) => match last - head.count {
                0 => return,
                1 => {
                    let found = "the head is one record behind: a kill came between the two";
                    let kind = RemarkKind::HeadOneBehind;
                    return self.remark(kind, None, Some(last), found.to_owned());
                }
                behind => (
                    DamageKind::HeadBehind,
                    Some(head.count),
                    format!("the head is {behind} records behind"),
                ),
            },
        };
        self.damage_at(kind, None, seq, found);
    }
}
