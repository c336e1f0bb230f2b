//! The Merkle tree over the records (RFC 6962, section 2): one hash that stands for all of them in their order.
//!
//! Leaf `i`, from 0, is of record `i + 1`: its data are the 32 raw bytes of the record's own hash, so the leaf's hash is
//! SHA-256 of the byte 0 and those 32. A node's hash is SHA-256 of the byte 1 and its children's hashes. The tree of no
//! record has the hash of no byte.
//!
//! Nothing here holds the leaves: a [`Frontier`] takes them one after the other and keeps a hash for each bit of their
//! number, and [`Subtrees`] computes the hashes of a proof on the way.

use sha2::{Digest as _, Sha256};

use super::Sha256Hex;

/// A node's hash.
pub type Hash = [u8; 32];

/// The hash of a record's leaf.
pub fn leaf(record: Sha256Hex) -> Hash {
    Sha256::new().chain_update([0]).chain_update(record.bytes()).finalize().into()
}

fn node(left: Hash, right: Hash) -> Hash {
    Sha256::new().chain_update([1]).chain_update(left).chain_update(right).finalize().into()
}

/// The roots of the perfect subtrees of a tree, from the left: the largest first, one for each bit of the size.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Frontier {
    size: u64,
    nodes: Vec<Hash>,
}

impl Frontier {
    /// From its parts; `None` where their number is not that of the size's bits.
    pub fn from_parts(size: u64, nodes: Vec<Hash>) -> Option<Self> {
        (nodes.len() == size.count_ones() as usize).then_some(Self { size, nodes })
    }

    /// Number of leaves.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The roots of its perfect subtrees.
    pub fn nodes(&self) -> &[Hash] {
        &self.nodes
    }

    /// Adds a leaf on the right.
    pub fn add(&mut self, leaf: Hash) {
        let mut added = leaf;
        for _ in 0..self.size.trailing_ones() {
            // As many nodes as trailing ones: each is of the same height as what was added so far.
            if let Some(left) = self.nodes.pop() {
                added = node(left, added);
            }
        }
        self.nodes.push(added);
        self.size += 1;
    }

    /// The root of the tree.
    pub fn root(&self) -> Hash {
        let mut nodes = self.nodes.iter().rev().copied();
        let Some(last) = nodes.next() else { return Sha256::digest([]).into() };
        nodes.fold(last, |right, left| node(left, right))
    }
}

/// Leaves from the first number up to the second, which is not part of them.
pub type Range = (u64, u64);

/// The largest power of two below the size, which is above 1.
fn split(size: u64) -> u64 {
    1 << (u64::BITS - 1 - (size - 1).leading_zeros())
}

/// The subtrees whose hashes prove that a leaf is in the tree of that size, in the order of RFC 6962, 2.1.1.
pub fn inclusion(index: u64, size: u64) -> Vec<Range> {
    let (mut start, mut end, mut ranges) = (0, size, vec![]);
    while end - start > 1 {
        let middle = start + split(end - start);
        if index < middle {
            ranges.push((middle, end));
            end = middle;
        } else {
            ranges.push((start, middle));
            start = middle;
        }
    }
    ranges.reverse();
    ranges
}

/// The subtrees whose hashes prove that the tree of the old size is the beginning of the new one, in the order of RFC 6962,
/// 2.1.2. None where the two are the same, or the old one is empty.
pub fn consistency(old: u64, new: u64) -> Vec<Range> {
    if old == 0 || old >= new {
        return vec![];
    }
    let (mut start, mut end, mut is_whole, mut ranges) = (0, new, true, vec![]);
    while end != old {
        let middle = start + split(end - start);
        if old <= middle {
            ranges.push((middle, end));
            end = middle;
        } else {
            ranges.push((start, middle));
            (start, is_whole) = (middle, false);
        }
    }
    if !is_whole {
        ranges.push((start, end));
    }
    ranges.reverse();
    ranges
}

/// The hashes of disjoint subtrees, computed while all leaves pass by.
#[derive(Debug)]
pub struct Subtrees {
    /// By their place, each with its number in the proof.
    wanted: Vec<(Range, usize)>,
    /// Number of them that are done.
    done: usize,
    current: Frontier,
    hashes: Vec<Hash>,
}

impl Subtrees {
    /// Waits for these.
    pub fn new(ranges: &[Range]) -> Self {
        let mut wanted: Vec<_> = ranges.iter().copied().zip(0..).collect();
        wanted.sort_unstable();
        Self { hashes: vec![[0; 32]; wanted.len()], wanted, done: 0, current: Frontier::default() }
    }

    /// Takes the leaf of that number. They must come in order.
    pub fn add(&mut self, index: u64, leaf: Hash) {
        let Some(&((start, end), number)) = self.wanted.get(self.done) else { return };
        if index < start {
            return;
        }
        self.current.add(leaf);
        if index + 1 == end {
            self.hashes[number] = std::mem::take(&mut self.current).root();
            self.done += 1;
        }
    }

    /// The hashes in the proof's order; `None` where leaves are missing.
    pub fn finish(self) -> Option<Vec<Hash>> {
        (self.done == self.wanted.len()).then_some(self.hashes)
    }
}

/// The root of the tree of that size in which the path leads up from the leaf; `None` where no such path has this length.
pub fn root_of_inclusion(index: u64, size: u64, leaf: Hash, path: &[Hash]) -> Option<Hash> {
    if index >= size {
        return None;
    }
    let (mut at, mut last, mut root) = (index, size - 1, leaf);
    for &sibling in path {
        if last == 0 {
            return None;
        }
        if at % 2 == 1 || at == last {
            root = node(sibling, root);
            while at % 2 == 0 && at != 0 {
                (at, last) = (at / 2, last / 2);
            }
        } else {
            root = node(root, sibling);
        }
        (at, last) = (at / 2, last / 2);
    }
    (last == 0).then_some(root)
}

/// Whether the tree of the old size and root is the beginning of the new one.
pub fn is_consistent(old: (u64, Hash), new: (u64, Hash), proof: &[Hash]) -> bool {
    let ((old_size, old_root), (new_size, new_root)) = (old, new);
    if old_size == 0 || old_size >= new_size {
        let is_same = old_size == 0 || old == new;
        return is_same
            && proof.is_empty()
            && (new_size > 0 || new_root == Frontier::default().root());
    }
    let first = old_size.is_power_of_two().then_some(old_root);
    let mut hashes = first.into_iter().chain(proof.iter().copied());
    let Some(start) = hashes.next() else { return false };
    let shift = (old_size - 1).trailing_ones();
    let (mut at, mut last) = ((old_size - 1) >> shift, (new_size - 1) >> shift);
    let (mut old_seen, mut new_seen) = (start, start);
    for hash in hashes {
        if last == 0 {
            return false;
        }
        if at % 2 == 1 || at == last {
            (old_seen, new_seen) = (node(hash, old_seen), node(hash, new_seen));
            while at % 2 == 0 && at != 0 {
                (at, last) = (at / 2, last / 2);
            }
        } else {
            new_seen = node(new_seen, hash);
        }
        (at, last) = (at / 2, last / 2);
    }
    last == 0 && old_seen == old_root && new_seen == new_root
}

#[cfg(test)]
mod tests {
    use super::*;

    fn leaves(size: u64) -> Vec<Hash> {
        (0..size).map(|index| leaf(Sha256Hex::of(&index.to_be_bytes()))).collect()
    }

    /// The definition, word for word.
    fn root(leaves: &[Hash]) -> Hash {
        match leaves {
            [] => Sha256::digest([]).into(),
            [leaf] => *leaf,
            _ => {
                let (left, right) = leaves.split_at(split(leaves.len() as u64) as usize);
                node(root(left), root(right))
            }
        }
    }

    fn collect(ranges: &[Range], leaves: &[Hash]) -> Vec<Hash> {
        let mut subtrees = Subtrees::new(ranges);
        (0..).zip(leaves).for_each(|(index, leaf)| subtrees.add(index, *leaf));
        subtrees.finish().unwrap()
    }

    #[test]
    fn a_frontier_has_the_root_of_the_definition() {
        let all = leaves(70);
        let mut frontier = Frontier::default();
        for size in 0..=all.len() {
            assert_eq!(frontier.root(), root(&all[..size]), "{size}");
            let parts = Frontier::from_parts(frontier.size(), frontier.nodes().to_vec());
            assert_eq!(parts.as_ref(), Some(&frontier));
            if let Some(leaf) = all.get(size) {
                frontier.add(*leaf);
            }
        }
        assert_eq!(Frontier::from_parts(3, vec![[0; 32]]), None);
    }

    #[test]
    fn every_leaf_is_proved_and_no_other_in_its_place() {
        for size in 1..=35 {
            let all = leaves(size);
            let whole = root(&all);
            for index in 0..size {
                let path = collect(&inclusion(index, size), &all);
                let seen = |index, size, path: &[Hash]| {
                    root_of_inclusion(index, size, all[index as usize % all.len()], path)
                };
                assert_eq!(seen(index, size, &path), Some(whole), "{index} of {size}");
                for other in (0..size).filter(|other| *other != index) {
                    assert_ne!(seen(other, size, &path), Some(whole), "{other} for {index}");
                }
                assert_eq!(seen(size, size, &path), None);
                let longer = [&path[..], &[[0; 32]]].concat();
                assert_eq!(seen(index, size, &longer), None);
                if let Some((_, shorter)) = path.split_last() {
                    assert_eq!(seen(index, size, shorter), None);
                }
            }
        }
    }

    #[test]
    fn every_beginning_is_proved_and_no_other_tree() {
        for new in 1..=35 {
            let all = leaves(new);
            let whole = (new, root(&all));
            for old in 1..=new {
                let begin = (old, root(&all[..old as usize]));
                let proof = collect(&consistency(old, new), &all);
                assert!(is_consistent(begin, whole, &proof), "{old} of {new}");
                let mut changed = all.clone();
                changed[old as usize - 1] = [7; 32];
                let other = (old, root(&changed[..old as usize]));
                assert!(!is_consistent(other, whole, &proof), "{old} of {new}");
                for at in 0..proof.len() {
                    let mut forged = proof.clone();
                    forged[at][0] ^= 1;
                    assert!(!is_consistent(begin, whole, &forged), "{old} of {new}, {at}");
                }
                let longer = [&proof[..], &[[0; 32]]].concat();
                assert!(!is_consistent(begin, whole, &longer));
                assert!(!is_consistent(whole, begin, &proof) || old == new);
            }
            assert!(is_consistent((0, [9; 32]), whole, &[]), "of nothing anything follows");
        }
    }

    /// Vectors of certificate transparency's reference code, whose leaves are the data themselves.
    #[test]
    fn the_roots_of_published_vectors_come_out() {
        let data: [&[u8]; 8] = [
            &[],
            &[0x00],
            &[0x10],
            &[0x20, 0x21],
            &[0x30, 0x31],
            &[0x40, 0x41, 0x42, 0x43],
            &[0x50, 0x51, 0x52, 0x53, 0x54, 0x55, 0x56, 0x57],
            &[
                0x60, 0x61, 0x62, 0x63, 0x64, 0x65, 0x66, 0x67, 0x68, 0x69, 0x6a, 0x6b, 0x6c, 0x6d,
                0x6e, 0x6f,
            ],
        ];
        let mut frontier = Frontier::default();
        let mut roots = vec![];
        for data in data {
            let leaf = Sha256::new().chain_update([0]).chain_update(data).finalize().into();
            frontier.add(leaf);
            roots.push(Sha256Hex::from(frontier.root()).to_string());
        }
        assert_eq!(roots[0], "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d");
        assert_eq!(roots[7], "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328");
    }
}
