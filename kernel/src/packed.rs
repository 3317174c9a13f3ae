//! A map of keys of one size to values of one size, packed.
#![forbid(unsafe_code)]

use std::collections::HashSet;
use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::ops::Range;

use crate::fault::{self, Fault};

/// The most bytes of a chunk of rows: what is there is not copied when more comes.
const CHUNK: usize = 1 << 20;
const FEWEST: usize = 8;
/// Bytes before the rows of a coded map: the widths of its keys and values.
const HEAD: usize = 8;

/// Rows of key and value in the order in which the keys came, and a table of their numbers.
///
/// Whoever sends records chooses keys: the table's hash has a random key of this process.
pub struct Packed {
    key: usize,
    width: usize,
    len: usize,
    chunks: Vec<Vec<u8>>,
    /// A chunk has two to the power of so many rows.
    shift: u32,
    /// The numbers of rows, each in a slot; three of four are taken at most.
    table: Vec<u32>,
    /// For each slot a byte of its key's hash, so that hardly ever another key is looked at; zero where it is free.
    tags: Vec<u8>,
    hash: RandomState,
}

impl Packed {
    /// An empty map of keys of `key` bytes, at least one, to values of `value` bytes.
    pub fn new(key: usize, value: usize) -> Result<Self, Fault> {
        if key == 0 || key.saturating_add(value) > CHUNK {
            return Err(Fault::Row { key, value });
        }
        let (width, hash) = (key + value, RandomState::new());
        let (shift, table, tags) = ((CHUNK / width).ilog2(), vec![0; FEWEST], vec![0; FEWEST]);
        Ok(Self { key, width, len: 0, chunks: Vec::new(), shift, table, tags, hash })
    }

    /// Reads a coded map, in which no key occurs twice.
    pub fn decode(coded: &[u8]) -> Result<Self, Fault> {
        let Some((head, rows)) = coded.split_first_chunk::<HEAD>() else {
            return Err(Fault::Width { len: coded.len(), width: HEAD });
        };
        let [key, value] = [0, 4].map(|at| u32::from_be_bytes(*head[at..].first_chunk().expect("four bytes")) as usize);
        let mut map = Self::new(key, value)?;
        map.extend(rows)?;
        if map.len * map.width == rows.len() { Ok(map) } else { Err(Fault::Twice(map.len)) }
    }

    /// Appends the widths of keys and values, four bytes each, big-endian, and the rows.
    pub fn encode(&self) -> Vec<u8> {
        let mut coded = Vec::with_capacity(HEAD + self.len * self.width);
        for width in [self.key, self.width - self.key] {
            coded.extend(u32::try_from(width).expect("a row fits into a chunk").to_be_bytes());
        }
        self.chunks.iter().for_each(|chunk| coded.extend(chunk));
        coded
    }

    pub fn len(&self) -> usize {
        self.len
    }

    /// The key of a row that there is.
    pub fn key(&self, number: usize) -> &[u8] {
        &self.row(number)[..self.key]
    }

    pub fn contains(&self, key: &[u8]) -> Result<bool, Fault> {
        Ok(self.find(key)?.is_ok())
    }

    /// The value of a key, if it is there.
    pub fn get(&self, key: &[u8]) -> Result<Option<&[u8]>, Fault> {
        Ok(self.find(key)?.ok().map(|number| &self.row(number)[self.key..]))
    }

    /// Gives a key its value; a key that is there keeps its place.
    pub fn put(&mut self, key: &[u8], value: &[u8]) -> Result<(), Fault> {
        fault::exactly(value, self.width - self.key)?;
        match self.find(key)? {
            Ok(number) => {
                let (chunk, row) = self.place(number);
                self.chunks[chunk][row][self.key..].copy_from_slice(value);
            }
            Err(free) => self.push(free, key, value)?,
        }
        Ok(())
    }

    /// Puts rows of key and value.
    pub fn extend(&mut self, rows: &[u8]) -> Result<(), Fault> {
        for row in fault::cut(rows, self.width)? {
            let (key, value) = row.split_at(self.key);
            self.put(key, value)?;
        }
        Ok(())
    }

    /// Whether none of these keys is there, nor twice among them.
    pub fn lacks(&self, keys: &[u8]) -> Result<bool, Fault> {
        let keys = fault::cut(keys, self.key)?;
        let mut seen = HashSet::with_hasher(self.hash.clone());
        let several = keys.len() > 1;
        for key in keys {
            if self.contains(key)? || (several && !seen.insert(key)) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Bytes `start` to `end` of the rows of these numbers, joined.
    pub fn take(&self, order: &[usize], part: Range<usize>) -> Result<Vec<u8>, Fault> {
        if part.start > part.end || part.end > self.width {
            return Err(Fault::Index(part.end));
        }
        let mut taken = Vec::with_capacity(order.len() * part.len());
        for &number in order {
            if number >= self.len {
                return Err(Fault::Index(number));
            }
            taken.extend_from_slice(&self.row(number)[part.clone()]);
        }
        Ok(taken)
    }

    fn place(&self, number: usize) -> (usize, Range<usize>) {
        let start = (number & ((1 << self.shift) - 1)) * self.width;
        (number >> self.shift, start..start + self.width)
    }

    fn row(&self, number: usize) -> &[u8] {
        let (chunk, row) = self.place(number);
        &self.chunks[chunk][row]
    }

    /// Where to look for a key first, and its tag.
    fn home(&self, key: &[u8]) -> (usize, u8) {
        let hash = self.hash.hash_one(key);
        (hash as usize & (self.tags.len() - 1), (hash >> 57) as u8 + 1)
    }

    /// The number of the key's row, or else the slot that is free for it and the tag that goes there.
    fn find(&self, key: &[u8]) -> Result<Result<usize, (usize, u8)>, Fault> {
        fault::exactly(key, self.key)?;
        let (mut slot, tag) = self.home(key);
        loop {
            match self.tags[slot] {
                0 => return Ok(Err((slot, tag))),
                same if same == tag => {
                    let number = self.table[slot] as usize;
                    if self.key(number) == key {
                        return Ok(Ok(number));
                    }
                }
                _ => {}
            }
            slot = (slot + 1) & (self.tags.len() - 1);
        }
    }

    /// Appends a row whose key is not there and belongs into this slot, with this tag.
    fn push(&mut self, (slot, tag): (usize, u8), key: &[u8], value: &[u8]) -> Result<(), Fault> {
        let number = u32::try_from(self.len).map_err(|_| Fault::Full)?;
        let (chunk, _) = self.place(self.len);
        if chunk == self.chunks.len() {
            // A small map has less than a chunk.
            self.chunks.push(Vec::with_capacity(if chunk == 0 { 0 } else { self.width << self.shift }));
        }
        self.chunks[chunk].extend_from_slice(key);
        self.chunks[chunk].extend_from_slice(value);
        (self.table[slot], self.tags[slot]) = (number, tag);
        self.len += 1;
        if 4 * self.len > 3 * self.table.len() {
            self.grow();
        }
        Ok(())
    }

    /// Doubles the table.
    fn grow(&mut self) {
        let slots = 2 * self.tags.len();
        (self.table, self.tags) = (vec![0; slots], vec![0; slots]);
        for number in 0..self.len {
            let (mut slot, tag) = self.home(self.key(number));
            while self.tags[slot] != 0 {
                slot = (slot + 1) & (slots - 1);
            }
            (self.table[slot], self.tags[slot]) = (number as u32, tag);
        }
    }
}

impl PartialEq for Packed {
    /// The same rows in the same order.
    fn eq(&self, other: &Self) -> bool {
        (self.key, self.width, &self.chunks) == (other.key, other.width, &other.chunks)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    /// Keys of three bytes, of which few differ in the last ones.
    fn key(i: usize) -> [u8; 3] {
        [i as u8, (i >> 8) as u8, (i >> 16) as u8]
    }

    #[test]
    fn it_is_a_map_in_order_of_insertion() {
        let (mut map, mut twin, mut order) = (Packed::new(3, 2).unwrap(), HashMap::new(), Vec::new());
        for step in 0..500_000_usize {
            let (k, v) = (key(7_919 * step % 300_007), (step as u16).to_be_bytes());
            assert_eq!(map.get(&k).unwrap(), twin.get(&k).map(|v: &[u8; 2]| v.as_slice()));
            map.put(&k, &v).unwrap();
            if twin.insert(k, v).is_none() {
                order.push(k);
            }
        }
        assert!(map.chunks.len() > 1 && map.chunks[1..].iter().all(|chunk| chunk.capacity() <= CHUNK));
        assert_eq!(map.len(), order.len());
        let rows: Vec<u8> = order.iter().flat_map(|k| [k.as_slice(), &twin[k]].concat()).collect();
        assert_eq!(map.encode()[HEAD..], rows);
        assert!(Packed::decode(&map.encode()).unwrap() == map);
        assert!((0..map.len()).all(|i| map.key(i) == order[i]));
    }

    #[test]
    fn several_keys_are_asked_for_at_once() {
        let mut set = Packed::new(3, 0).unwrap();
        set.extend(&[key(1), key(2), key(1)].concat()).unwrap();
        assert_eq!(set.len(), 2);
        for (keys, lacks) in
            [(vec![], true), (vec![3], true), (vec![3, 4], true), (vec![3, 3], false), (vec![3, 2], false)]
        {
            let keys: Vec<_> = keys.into_iter().flat_map(key).collect();
            assert_eq!(set.lacks(&keys), Ok(lacks));
        }
    }

    #[test]
    fn parts_of_rows_are_taken_in_any_order() {
        let mut map = Packed::new(1, 2).unwrap();
        map.extend(b"abcdef").unwrap();
        assert_eq!(map.take(&[1, 0, 1], 1..3).unwrap(), b"efbcef");
        assert_eq!(map.take(&[2], 0..3), Err(Fault::Index(2)));
        assert_eq!(map.take(&[0], 0..4), Err(Fault::Index(4)));
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let mut map = Packed::new(3, 1).unwrap();
        assert_eq!(map.get(b"ab"), Err(Fault::Width { len: 2, width: 3 }));
        assert_eq!(map.put(b"abc", b""), Err(Fault::Width { len: 0, width: 1 }));
        assert_eq!(map.extend(b"abcde"), Err(Fault::Width { len: 5, width: 4 }));
        assert_eq!(map.lacks(b"abcd"), Err(Fault::Width { len: 4, width: 3 }));
        assert!(Packed::new(0, 1).is_err() && Packed::new(1, CHUNK).is_err());
        assert!(Packed::decode(b"\0\0\0\x01\0\0\0").is_err());
        assert_eq!(Packed::decode(b"\0\0\0\x01\0\0\0\x01abac").err(), Some(Fault::Twice(1)));
    }
}
