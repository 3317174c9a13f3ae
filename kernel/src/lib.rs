//! The Python module `aikyn_kernel`: bytes in, bytes out, the interpreter's lock released meanwhile.
//!
//! This file is the only one that knows Python; `aikyn_kernel.pyi` says what each function means.

use pyo3::buffer::PyBuffer;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;
use pyo3::types::{PyByteArray, PyBytes, PyMemoryView, PyTuple};

mod column;
mod digest;
mod fault;
#[cfg(test)]
mod heap;
mod lanes;
mod map;
mod order;
mod packed;
mod point;
mod pool;
mod product;
mod row;
mod scalar;
#[cfg(test)]
mod tests;
mod wiped;

use fault::Fault;
use lanes::engine;
use point::{Points, Source};
use wiped::Wiped;

impl From<Fault> for PyErr {
    fn from(fault: Fault) -> Self {
        PyValueError::new_err(fault.to_string())
    }
}

/// Bytes of an argument: shared where Python cannot change them, else copied (the copy is wiped).
enum Octets {
    Shared(PyBackedBytes),
    /// A part of an object of Python's immutable `bytes`.
    Viewed(PyBuffer<u8>),
    Copied(Wiped),
}

impl FromPyObject<'_, '_> for Octets {
    type Error = PyErr;

    fn extract(obj: Borrowed<'_, '_, PyAny>) -> PyResult<Self> {
        if let Ok(bytes) = obj.cast::<PyBytes>() {
            return Ok(Self::Shared(bytes.to_owned().into()));
        }
        let buffer = PyBuffer::<u8>::get(&obj)?;
        let owner = obj.cast::<PyMemoryView>().ok().map(|view| view.getattr("obj")).transpose()?;
        if buffer.is_c_contiguous() && owner.is_some_and(|owner| owner.is_exact_instance_of::<PyBytes>()) {
            return Ok(Self::Viewed(buffer));
        }
        Ok(Self::Copied(buffer.to_vec(obj.py())?.into()))
    }
}

impl std::ops::Deref for Octets {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self {
            Self::Shared(bytes) => bytes,
            // SAFETY: the buffer lies in one piece, and neither it nor the bytes it holds change while it is held.
            Self::Viewed(buffer) if buffer.len_bytes() > 0 => unsafe {
                std::slice::from_raw_parts(buffer.buf_ptr().cast(), buffer.len_bytes())
            },
            Self::Viewed(_) => &[],
            Self::Copied(bytes) => bytes,
        }
    }
}

/// An immutable vector of decoded points.
#[pyclass(frozen, module = "aikyn_kernel")]
struct Decoded(Points);

#[pymethods]
impl Decoded {
    fn __len__(&self) -> usize {
        self.0.len()
    }

    fn encode(&self, py: Python<'_>) -> Py<PyBytes> {
        PyBytes::new(py, run(py, || self.0.encodings())).unbind()
    }
}

/// Points of an argument, decoded or not.
#[derive(FromPyObject)]
enum Vector {
    Decoded(Py<Decoded>),
    Encoded(Octets),
}

impl Vector {
    fn source(&self) -> Source<'_> {
        match self {
            Self::Decoded(decoded) => Source::Decoded(&decoded.get().0),
            Self::Encoded(octets) => Source::Encoded(octets),
        }
    }
}

/// Runs the work on the pool, without the interpreter's lock.
fn run<T: Send>(py: Python<'_>, work: impl FnOnce() -> T + Send) -> T {
    py.detach(|| pool::run(work))
}

fn bytes<'py>(py: Python<'py>, work: impl FnOnce() -> Result<Vec<u8>, Fault> + Send) -> PyResult<Bound<'py, PyBytes>> {
    Ok(PyBytes::new(py, &run(py, work)?))
}

fn scalars<'py>(
    py: Python<'py>,
    work: impl FnOnce() -> Result<Wiped, Fault> + Send,
) -> PyResult<Bound<'py, PyByteArray>> {
    Ok(PyByteArray::new(py, &run(py, work)?))
}

/// Points, scalars and the outer factor of a product's term.
type Operand = (Vector, Octets, Option<Octets>);

fn product_terms(portion: &[Operand]) -> Vec<product::Term<'_>> {
    let terms = portion.iter();
    terms
        .map(|(points, scalars, outer)| product::Term { points: points.source(), scalars, outer: outer.as_deref() })
        .collect()
}

fn row_terms(terms: &[(Vector, Option<Octets>)]) -> Vec<row::Term<'_>> {
    terms.iter().map(|(points, scalars)| row::Term { points: points.source(), scalars: scalars.as_deref() }).collect()
}

/// Names the kernel, its arithmetic and the vector instructions it uses on this machine.
fn name() -> String {
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let plural = if threads == 1 { "" } else { "s" };
    let version = env!("CARGO_PKG_VERSION");
    format!("kernel {version} (curve25519-dalek 5.0.0, {}, {threads} thread{plural})", instructions())
}

/// Whatever dalek itself finds, where lanes have no engine.
fn instructions() -> &'static str {
    engine::choose().map_or("serial", |engine| engine.name)
}

#[pymodule]
mod aikyn_kernel {
    use super::*;
    use curve25519_dalek::constants::RISTRETTO_BASEPOINT_COMPRESSED;

    #[pymodule_export]
    use super::{Decoded, map::Packed};

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        module.add("NAME", name())?;
        module.add("LANES", PyTuple::new(module.py(), engine::names())?)?;
        module.add("BASE", PyBytes::new(module.py(), RISTRETTO_BASEPOINT_COMPRESSED.as_bytes()))
    }

    #[pyfunction]
    fn set_threads(py: Python<'_>, n: usize) {
        py.detach(|| pool::set_threads(n));
    }

    #[pyfunction]
    fn threads(py: Python<'_>) -> usize {
        py.detach(pool::threads)
    }

    #[pyfunction]
    fn set_lanes(name: &str) -> PyResult<()> {
        engine::force(name).ok_or_else(|| PyValueError::new_err(format!("there are no lanes of {name} here")))
    }

    #[pyfunction]
    fn decode(py: Python<'_>, points: Octets) -> PyResult<Decoded> {
        Ok(Decoded(run(py, || Points::decode(&points, engine::choose()))?))
    }

    #[pyfunction]
    fn derive(py: Python<'_>, uniform: Octets) -> PyResult<Decoded> {
        Ok(Decoded(run(py, || Points::derive(&uniform, engine::choose()))?))
    }

    #[pyfunction]
    fn hash_to_group(py: Python<'_>, uniform: Octets) -> PyResult<Bound<'_, PyBytes>> {
        bytes(py, || point::hash_to_group(&uniform))
    }

    #[pyfunction]
    fn first_undecodable(py: Python<'_>, points: Octets) -> PyResult<Option<usize>> {
        // Single points do not wait for the other threads, which may be busy with a product.
        Ok(if points.len() <= 32 * point::FEW {
            point::first_undecodable(&points, engine::choose())
        } else {
            run(py, || point::first_undecodable(&points, engine::choose()))
        }?)
    }

    #[pyfunction]
    fn msm<'py>(py: Python<'py>, terms: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyBytes>> {
        let mut product = product::Product::new(engine::choose());
        let (mut portion, mut points) = (Vec::<Operand>::new(), 0);
        for term in terms.try_iter()? {
            let term: Operand = term?.extract()?;
            // Terms with the same points are not separated, or these would be decoded again.
            let another = portion.last().is_none_or(|last| last.0.source().place() != term.0.source().place());
            if points >= product::PORTION && another {
                run(py, || product.add(&product_terms(&portion)))?;
                (portion, points) = (Vec::new(), 0);
            }
            points += term.0.source().len()?;
            portion.push(term);
        }
        bytes(py, || {
            product.add(&product_terms(&portion))?;
            product.sum().map(Vec::from)
        })
    }

    #[pyfunction]
    fn msm_secret(py: Python<'_>, points: Vector, scalars: Octets) -> PyResult<Bound<'_, PyBytes>> {
        bytes(py, || product::secret(&points.source(), &scalars, engine::choose()).map(Vec::from))
    }

    #[pyfunction]
    fn dalek_msm(py: Python<'_>, points: Py<Decoded>, scalars: Octets) -> PyResult<Bound<'_, PyBytes>> {
        bytes(py, || product::dalek(&points.get().0, &scalars).map(Vec::from))
    }

    #[pyfunction]
    fn rows(py: Python<'_>, terms: Vec<(Vector, Option<Octets>)>, n: usize) -> PyResult<Bound<'_, PyBytes>> {
        bytes(py, || Ok(row::rows(&row_terms(&terms), n, engine::choose())?.encodings().to_vec()))
    }

    #[pyfunction]
    fn scalars_first_noncanonical(py: Python<'_>, a: Octets) -> PyResult<Option<usize>> {
        // A ballot's few scalars are looked at here: other threads may be busy with a product.
        Ok(if a.len() <= 32 * scalar::SERIAL {
            scalar::first_noncanonical(&a)
        } else {
            run(py, || scalar::first_noncanonical(&a))
        }?)
    }

    #[pyfunction]
    fn scalars_reduce(py: Python<'_>, wide: Octets) -> PyResult<Bound<'_, PyByteArray>> {
        scalars(py, || scalar::reduce(&wide))
    }

    #[pyfunction]
    fn scalars_add(py: Python<'_>, a: Octets, b: Octets) -> PyResult<Bound<'_, PyByteArray>> {
        scalars(py, || scalar::combine(&a, &b, |x, y| (x + y).reduce()))
    }

    #[pyfunction]
    fn scalars_sub(py: Python<'_>, a: Octets, b: Octets) -> PyResult<Bound<'_, PyByteArray>> {
        scalars(py, || scalar::combine(&a, &b, |x, y| x - y))
    }

    #[pyfunction]
    fn scalars_mul(py: Python<'_>, a: Octets, b: Octets) -> PyResult<Bound<'_, PyByteArray>> {
        scalars(py, || scalar::combine(&a, &b, |x, y| (x * y).reduce()))
    }

    #[pyfunction]
    fn scalars_sum(py: Python<'_>, a: Octets) -> PyResult<Bound<'_, PyByteArray>> {
        scalars(py, || scalar::sum(&a))
    }

    #[pyfunction]
    fn scalars_dot(py: Python<'_>, a: Octets, b: Octets) -> PyResult<Bound<'_, PyByteArray>> {
        scalars(py, || scalar::dot(&a, &b))
    }

    #[pyfunction]
    fn scalars_products(py: Python<'_>, a: Octets) -> PyResult<Bound<'_, PyByteArray>> {
        scalars(py, || scalar::products(&a))
    }

    #[pyfunction]
    fn scalars_invert(py: Python<'_>, a: Octets) -> PyResult<Bound<'_, PyByteArray>> {
        scalars(py, || scalar::invert(&a))
    }

    #[pyfunction]
    fn take<'py>(py: Python<'py>, items: Octets, order: Vec<usize>) -> PyResult<Bound<'py, PyByteArray>> {
        scalars(py, || column::take(&items, &order))
    }

    #[pyfunction]
    fn sha512_rows(py: Python<'_>, segments: Vec<(Octets, usize)>, n: usize) -> PyResult<Bound<'_, PyBytes>> {
        bytes(py, || {
            let segments: Vec<_> =
                segments.iter().map(|(data, width)| digest::Segment { data, width: *width }).collect();
            digest::rows(&segments, n, engine::absorb())
        })
    }

    #[pyfunction]
    fn columns<'py>(
        rows: Vec<Bound<'py, PyBytes>>,
        widths: Vec<usize>,
        py: Python<'py>,
    ) -> PyResult<Vec<Bound<'py, PyBytes>>> {
        let rows: Vec<&[u8]> = rows.iter().map(|row| row.as_bytes()).collect();
        let width: u128 = widths.iter().map(|width| *width as u128).sum();
        if let Some((i, row)) = rows.iter().enumerate().find(|(_, row)| row.len() as u128 != width) {
            return Err(PyValueError::new_err(format!("row {i} has {} bytes, not {width}", row.len())));
        }
        Ok(column::cut(&rows, &widths).iter().map(|column| PyBytes::new(py, column)).collect())
    }
}
