//! The end of the chain, judged by its head and by an anchor.

use super::{Chain, Stored};
use crate::evidence::chain::Step;
use crate::evidence::damage::{DamageKind, Remark, RemarkKind};

impl Chain<'_> {
    /// Judges the end of the chain, once every line was read.
    pub(super) fn end(&mut self) {
        self.end_torn();
        for missing in std::mem::take(&mut self.missing) {
            self.lost(&missing);
        }
        self.end_head();
        self.end_anchor();
    }

    /// Lines at the very end that are no records: an append was killed, where the head counts no further.
    fn end_torn(&mut self) {
        let Some(torn) = self.torn.take() else { return };
        let counted = if let Stored::Head(head) = &self.head { head.count } else { 0 };
        let (line, lines, ended) = (torn.line, torn.lines, torn.ended);
        let measured = torn.measured();
        if counted < self.next {
            let bytes = measured.bytes;
            let found =
                format!("{bytes} bytes of an unfinished line; the next append closes it off");
            let kind = RemarkKind::UnfinishedLine;
            let remark = Remark { kind, line: Some(line), seq: None, found };
            self.steps.push_back(Step::Remark(remark));
        } else if ended || lines > 1 {
            self.unreadable(line, lines, measured, None);
        }
        // A torn record that the head counts is reported by the head as cut off.
    }

    fn end_head(&mut self) {
        let last = self.next - 1;
        let head = match &self.head {
            Stored::Head(head) => *head,
            // A kill between the first record and its head leaves none.
            Stored::Absent if last <= 1 => return,
            Stored::Absent => {
                let found = format!("there are {last} records and no head");
                return self.damage_of_all(DamageKind::HeadMissing, None, found);
            }
            Stored::Unreadable(why) => {
                let found = format!("the head can't be read: {why}");
                return self.damage_of_all(DamageKind::HeadUnreadable, None, found);
            }
        };
        if head.count > last {
            let found = format!("the head counts {} records, and there are {last}", head.count);
            return self.damage_of_all(DamageKind::Truncated, Some(last + 1), found);
        }
        if self.at_head.is_some_and(|hash| !hash.allows(head.hash)) {
            let found = format!(
                "the head's hash is not that of record {}: one of the two is of another chain",
                head.count
            );
            return self.damage_of_all(DamageKind::HeadForeign, Some(head.count), found);
        }
        match last - head.count {
            0 => {}
            1 => {
                let found = "the head is one record behind: a kill came between the two".to_owned();
                let kind = RemarkKind::HeadOneBehind;
                let remark = Remark { kind, line: None, seq: Some(last), found };
                self.steps.push_back(Step::Remark(remark));
            }
            behind => {
                let found = format!("the head is {behind} records behind");
                self.damage_of_all(DamageKind::HeadBehind, Some(head.count), found);
            }
        }
    }

    fn end_anchor(&mut self) {
        let Some(anchor) = self.anchor else { return };
        let last = self.next - 1;
        if anchor.count > last {
            let found = format!("the anchor counts {} records, and there are {last}", anchor.count);
            self.damage_of_all(DamageKind::AnchorBeyond, Some(last + 1), found);
        } else if !self.at_anchor.is_some_and(|hash| hash.allows(anchor.hash)) {
            let found = format!("the anchor's hash is not that of record {}", anchor.count);
            self.damage_of_all(DamageKind::AnchorForeign, Some(anchor.count), found);
        }
    }
}
