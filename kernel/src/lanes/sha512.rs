//! SHA-512 of eight rows in step (FIPS 180-4): loops over eight words, which the compiler turns into one instruction each.
#![forbid(unsafe_code)]

/// The same word of eight rows.
pub type Lanes = [u64; 8];
/// What `absorb` is, compiled for some processor.
pub type Absorb = fn(&[u64; 8], &[u8]) -> [Lanes; 8];

/// The state before the first block.
#[rustfmt::skip]
pub const START: [u64; 8] = [
    0x6a09e667f3bcc908, 0xbb67ae8584caa73b, 0x3c6ef372fe94f82b, 0xa54ff53a5f1d36f1,
    0x510e527fade682d1, 0x9b05688c2b3e6c1f, 0x1f83d9abfb41bd6b, 0x5be0cd19137e2179,
];

/// A constant for each round.
#[rustfmt::skip]
const ROUNDS: [u64; 80] = [
    0x428a2f98d728ae22, 0x7137449123ef65cd, 0xb5c0fbcfec4d3b2f, 0xe9b5dba58189dbbc,
    0x3956c25bf348b538, 0x59f111f1b605d019, 0x923f82a4af194f9b, 0xab1c5ed5da6d8118,
    0xd807aa98a3030242, 0x12835b0145706fbe, 0x243185be4ee4b28c, 0x550c7dc3d5ffb4e2,
    0x72be5d74f27b896f, 0x80deb1fe3b1696b1, 0x9bdc06a725c71235, 0xc19bf174cf692694,
    0xe49b69c19ef14ad2, 0xefbe4786384f25e3, 0x0fc19dc68b8cd5b5, 0x240ca1cc77ac9c65,
    0x2de92c6f592b0275, 0x4a7484aa6ea6e483, 0x5cb0a9dcbd41fbd4, 0x76f988da831153b5,
    0x983e5152ee66dfab, 0xa831c66d2db43210, 0xb00327c898fb213f, 0xbf597fc7beef0ee4,
    0xc6e00bf33da88fc2, 0xd5a79147930aa725, 0x06ca6351e003826f, 0x142929670a0e6e70,
    0x27b70a8546d22ffc, 0x2e1b21385c26c926, 0x4d2c6dfc5ac42aed, 0x53380d139d95b3df,
    0x650a73548baf63de, 0x766a0abb3c77b2a8, 0x81c2c92e47edaee6, 0x92722c851482353b,
    0xa2bfe8a14cf10364, 0xa81a664bbc423001, 0xc24b8b70d0f89791, 0xc76c51a30654be30,
    0xd192e819d6ef5218, 0xd69906245565a910, 0xf40e35855771202a, 0x106aa07032bbd1b8,
    0x19a4c116b8d2d0c8, 0x1e376c085141ab53, 0x2748774cdf8eeb99, 0x34b0bcb5e19b48a8,
    0x391c0cb3c5c95a63, 0x4ed8aa4ae3418acb, 0x5b9cca4f7763e373, 0x682e6ff3d6b2b8a3,
    0x748f82ee5defb2fc, 0x78a5636f43172f60, 0x84c87814a1f0ab72, 0x8cc702081a6439ec,
    0x90befffa23631e28, 0xa4506cebde82bde9, 0xbef9a3f7b2c67915, 0xc67178f2e372532b,
    0xca273eceea26619c, 0xd186b8c721c0c207, 0xeada7dd6cde0eb1e, 0xf57d4f7fee6ed178,
    0x06f067aa72176fba, 0x0a637dc5a2c898a6, 0x113f9804bef90dae, 0x1b710b35131c471b,
    0x28db77f523047d84, 0x32caab7b40c72493, 0x3c9ebe0a15c9bebc, 0x431d67c49c100d4c,
    0x4cc5d4becb3e42b6, 0x597f299cfc657e2a, 0x5fcb6fab3ad6faec, 0x6c44198c4a475817,
];

/// The states of eight rows after their blocks, from the state that all have before; `rows` holds one row after the other.
#[inline(always)]
pub fn absorb(start: &[u64; 8], rows: &[u8]) -> [Lanes; 8] {
    let mut state = start.map(|word| [word; 8]);
    for at in (0..rows.len() / 8).step_by(128) {
        let mut words = load(rows, at);
        let mut next = state;
        for (pass, constants) in ROUNDS.as_chunks::<16>().0.iter().enumerate() {
            for t in 0..16 {
                if pass > 0 {
                    let near = shifted(words[(t + 1) % 16], 1, 8, 7);
                    let far = shifted(words[(t + 14) % 16], 19, 61, 6);
                    words[t] = sum(sum(words[t], near), sum(words[(t + 9) % 16], far));
                }
                next = round(next, sum(words[t], [constants[t]; 8]));
            }
        }
        for (word, new) in state.iter_mut().zip(next) {
            *word = sum(*word, new);
        }
    }
    state
}

/// The words of the block that begins at `at` in every row.
#[inline(always)]
fn load(rows: &[u8], at: usize) -> [Lanes; 16] {
    let length = rows.len() / 8;
    let mut words = [[0; 8]; 16];
    for lane in 0..8 {
        let block = &rows[lane * length + at..][..128];
        for (t, word) in block.as_chunks().0.iter().enumerate() {
            words[t][lane] = u64::from_be_bytes(*word);
        }
    }
    words
}

#[inline(always)]
fn round([a, b, c, d, e, f, g, h]: [Lanes; 8], word: Lanes) -> [Lanes; 8] {
    let chosen = each(|i| g[i] ^ e[i] & (f[i] ^ g[i]));
    let most = each(|i| a[i] & b[i] ^ a[i] & c[i] ^ b[i] & c[i]);
    let first = sum(sum(h, rotated(e, 14, 18, 41)), sum(chosen, word));
    let second = sum(rotated(a, 28, 34, 39), most);
    [sum(first, second), a, b, c, sum(d, first), e, f, g]
}

#[inline(always)]
fn each(word: impl Fn(usize) -> u64) -> Lanes {
    std::array::from_fn(word)
}

#[inline(always)]
fn sum(x: Lanes, y: Lanes) -> Lanes {
    each(|i| x[i].wrapping_add(y[i]))
}

#[inline(always)]
fn rotated(x: Lanes, a: u32, b: u32, c: u32) -> Lanes {
    each(|i| x[i].rotate_right(a) ^ x[i].rotate_right(b) ^ x[i].rotate_right(c))
}

#[inline(always)]
fn shifted(x: Lanes, a: u32, b: u32, c: u32) -> Lanes {
    each(|i| x[i].rotate_right(a) ^ x[i].rotate_right(b) ^ x[i] >> c)
}
