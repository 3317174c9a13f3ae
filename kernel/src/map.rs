//! The packed map as Python sees it.

use pyo3::prelude::*;
use pyo3::types::PyBytes;

use crate::packed;

/// A map of packed rows. What asks it holds the interpreter's lock, so that no two threads are at it at once.
#[pyclass(module = "aikyn_kernel")]
pub struct Packed(packed::Packed);

#[pymethods]
impl Packed {
    #[new]
    #[pyo3(signature = (key, value = 0))]
    fn new(key: usize, value: usize) -> PyResult<Self> {
        Ok(Self(packed::Packed::new(key, value)?))
    }

    #[staticmethod]
    fn decode(coded: &[u8]) -> PyResult<Self> {
        Ok(Self(packed::Packed::decode(coded)?))
    }

    fn __bytes__<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, &self.0.encode())
    }

    fn __len__(&self) -> usize {
        self.0.len()
    }

    fn __contains__(&self, key: &[u8]) -> PyResult<bool> {
        Ok(self.0.contains(key)?)
    }

    fn __eq__(&self, other: &Self) -> bool {
        self.0 == other.0
    }

    fn __iter__(slf: Py<Self>) -> Keys {
        Keys { map: slf, next: 0 }
    }

    fn get<'py>(&self, py: Python<'py>, key: &[u8]) -> PyResult<Option<Bound<'py, PyBytes>>> {
        Ok(self.0.get(key)?.map(|value| PyBytes::new(py, value)))
    }

    #[pyo3(signature = (key, value = b"".as_slice()))]
    fn put(&mut self, key: &[u8], value: &[u8]) -> PyResult<()> {
        Ok(self.0.put(key, value)?)
    }

    fn extend(&mut self, rows: &[u8]) -> PyResult<()> {
        Ok(self.0.extend(rows)?)
    }

    fn lacks(&self, keys: &[u8]) -> PyResult<bool> {
        Ok(self.0.lacks(keys)?)
    }

    fn take<'py>(&self, py: Python<'py>, order: Vec<usize>, start: usize, end: usize) -> PyResult<Bound<'py, PyBytes>> {
        Ok(PyBytes::new(py, &self.0.take(&order, start..end)?))
    }
}

/// Gives the keys of a map one by one, those too that come meanwhile.
#[pyclass]
pub struct Keys {
    map: Py<Packed>,
    next: usize,
}

#[pymethods]
impl Keys {
    fn __iter__(slf: Py<Self>) -> Py<Self> {
        slf
    }

    fn __next__<'py>(&mut self, py: Python<'py>) -> Option<Bound<'py, PyBytes>> {
        let map = &self.map.borrow(py).0;
        (self.next < map.len()).then(|| {
            self.next += 1;
            PyBytes::new(py, map.key(self.next - 1))
        })
    }
}
