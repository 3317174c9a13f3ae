//! Integers modulo the group order ℓ in four words, for whole vectors: dalek's scalars are reduced once more at each reading.
//!
//! Everything here takes the same time for every value.
#![forbid(unsafe_code)]

/// A scalar below ℓ, the lowest word first.
pub type Words = [u64; 4];

pub const ORDER: Words = [0x5812631a5cf5d3ed, 0x14def9dea2f79cd6, 0, 0x1000000000000000];
/// 2⁵¹² mod ℓ, which takes a product out of Montgomery's form.
const SQUARE: Words = [0xa40611e3449c0f01, 0xd00e1ba768859347, 0xceec73d217f5be65, 0x0399411b7c309a3d];
/// −1/ℓ mod 2⁶⁴.
const INVERSE: u64 = 0xd2b51da312547e1b;

pub fn read(bytes: &[u8; 32]) -> Words {
    std::array::from_fn(|i| u64::from_le_bytes(std::array::from_fn(|k| bytes[8 * i + k])))
}

pub fn write(x: Words) -> [u8; 32] {
    std::array::from_fn(|i| x[i / 8].to_le_bytes()[i % 8])
}

/// Whether x is below ℓ.
pub fn is_canonical(x: &Words) -> bool {
    minus(x, &ORDER).1 == 1
}

pub fn add(x: &Words, y: &Words) -> Words {
    let mut carry = 0;
    reduce(&std::array::from_fn(|i| {
        let sum = u128::from(x[i]) + u128::from(y[i]) + carry;
        carry = sum >> 64;
        sum as u64
    }))
}

pub fn sub(x: &Words, y: &Words) -> Words {
    let (difference, borrow) = minus(x, y);
    let back = ORDER.map(|word| word & borrow.wrapping_neg());
    let mut carry = 0;
    std::array::from_fn(|i| {
        let sum = u128::from(difference[i]) + u128::from(back[i]) + carry;
        carry = sum >> 64;
        sum as u64
    })
}

pub fn mul(x: &Words, y: &Words) -> Words {
    montgomery(&montgomery(x, y), &SQUARE)
}

/// x − y modulo 2²⁵⁶, and 1 if y is larger.
fn minus(x: &Words, y: &Words) -> (Words, u64) {
    let mut borrow = 0;
    let difference = std::array::from_fn(|i| {
        let word = u128::from(x[i]).wrapping_sub(u128::from(y[i])).wrapping_sub(u128::from(borrow));
        borrow = (word >> 64) as u64 & 1;
        word as u64
    });
    (difference, borrow)
}

/// x modulo ℓ, for x below 2ℓ.
fn reduce(x: &Words) -> Words {
    let (difference, borrow) = minus(x, &ORDER);
    let keep = borrow.wrapping_neg();
    std::array::from_fn(|i| x[i] & keep | difference[i] & !keep)
}

/// x·y / 2²⁵⁶ modulo ℓ, word by word (Montgomery 1985).
fn montgomery(x: &Words, y: &Words) -> Words {
    let mut sum = [0; 5];
    for factor in y {
        let mut carry = 0;
        for i in 0..4 {
            let word = u128::from(x[i]) * u128::from(*factor) + u128::from(sum[i]) + carry;
            sum[i] = word as u64;
            carry = word >> 64;
        }
        sum[4] += carry as u64;
        let multiple = sum[0].wrapping_mul(INVERSE);
        carry = (u128::from(multiple) * u128::from(ORDER[0]) + u128::from(sum[0])) >> 64;
        for i in 1..4 {
            let word = u128::from(multiple) * u128::from(ORDER[i]) + u128::from(sum[i]) + carry;
            sum[i - 1] = word as u64;
            carry = word >> 64;
        }
        let last = u128::from(sum[4]) + carry;
        sum[3] = last as u64;
        sum[4] = (last >> 64) as u64;
    }
    reduce(&[sum[0], sum[1], sum[2], sum[3]])
}

#[cfg(test)]
mod tests {
    use curve25519_dalek::scalar::Scalar;
    use sha2::{Digest, Sha512};

    use super::*;

    fn scalars() -> Vec<Scalar> {
        let mut all = vec![Scalar::ZERO, Scalar::ONE, -Scalar::ONE, -Scalar::ONE - Scalar::ONE, Scalar::from(u64::MAX)];
        all.extend((0..60u64).map(|i| Scalar::from_bytes_mod_order_wide(&Sha512::digest(i.to_le_bytes()).into())));
        all
    }

    #[test]
    fn the_same_as_dalek() {
        for x in scalars() {
            for y in scalars() {
                let (a, b) = (read(x.as_bytes()), read(y.as_bytes()));
                assert_eq!(write(add(&a, &b)), (x + y).to_bytes());
                assert_eq!(write(sub(&a, &b)), (x - y).to_bytes());
                assert_eq!(write(mul(&a, &b)), (x * y).to_bytes());
            }
        }
    }

    #[test]
    fn canonical_is_below_the_order() {
        assert!(scalars().iter().all(|x| is_canonical(&read(x.as_bytes()))));
        assert!(is_canonical(&[ORDER[0] - 1, ORDER[1], ORDER[2], ORDER[3]]));
        for x in [ORDER, [ORDER[0] + 1, ORDER[1], ORDER[2], ORDER[3]], [0, 0, 0, ORDER[3] + 1], [u64::MAX; 4]] {
            assert!(!is_canonical(&x));
        }
    }
}
