//! Runs on a GPU.

use super::locate_non_finite::NonFiniteSearch;
use super::progress::Report;
use super::run_records::RunRecords;
use super::{AnyLoop, LoopOverTime};
use crate::engine::boundary::{DeviceIo, HostIo, RunIo, RunRequest, Series};
use crate::engine::device_array::{DeviceArray, DeviceRecording};
use crate::error::{Error, Result};
use crate::input::{Input, InputByPort, PortValues};
use crate::numeric::scalar::Scalar;
use crate::recording::stride::Stride;
use crate::recording::{FirstAxis, Form};
use crate::system::System;
use ndarray::{Array3, ArrayBase, ArrayD, ArrayView3, ArrayViewD, CowArray, Data, Dimension, Ix3};

impl<T: Scalar> AnyLoop<'_, T> {
    pub(super) fn on_device(
        &mut self,
        views: &[Option<ArrayView3<'_, T>>],
        steps: usize,
        lengths: Option<&[usize]>,
        records: &mut RunRecords<T>,
        report: &mut Report<'_>,
    ) -> Result<()> {
        let RunRecords { buffers, bits, events, .. } = records;
        let mut places: Vec<&mut [u8]> = buffers.iter_mut().map(|b| bytemuck::cast_slice_mut(&mut b.values)).collect();
        for ((place, bits), _) in
            places.iter_mut().skip(1).zip(bits).zip(&self.handles).filter(|(_, handle)| handle.form == Form::Bits)
        {
            *place = &mut bits.bytes;
        }
        let series = views.iter().map(|view| view.as_ref().map(|view| view as &dyn Series)).collect();
        // The engine borrows the handles while the loop changes.
        let handles = std::mem::take(&mut self.handles);
        let feed = RunIo::HostIo(HostIo { views: series, places, events, handles: &handles });
        let inputs = || Ok(views.iter().map(|view| view.map(CowArray::from)).collect());
        let made = self.drive(feed, steps as u64, lengths, &inputs, report);
        self.handles = handles;
        made
    }

    /// Runs the engine. `inputs` returns the inputs on the host; it is called only to locate a
    /// value that is not finite.
    fn drive<'v>(
        &mut self,
        feed: RunIo<'_>,
        steps: u64,
        lengths: Option<&[usize]>,
        inputs: &dyn Fn() -> Result<Vec<Option<CowArray<'v, T, Ix3>>>>,
        report: &mut Report<'_>,
    ) -> Result<()> {
        let Self {
            engine, clock, progress, pool, system, schema, layout, shared, arena, allow_non_finite, every, ..
        } = self;
        let Some(engine) = engine else { return Ok(()) };
        // The device changes the state from here on, so that the host's copy is out of date.
        arena.take();
        if steps == 0 || layout.rows == 0 || schema.output_len() == 0 {
            clock.done += steps;
            return Ok(());
        }
        let reports = report.is_wanted(progress);
        let run = RunRequest { feed, steps, lengths, shared, check: !*allow_non_finite, reports };
        engine.run(run, clock, &mut |engine, done| {
            if let Some(found) = done.found {
                let inputs = inputs()?;
                let views: Vec<_> = inputs.iter().map(|input| input.as_ref().map(|input| input.view())).collect();
                let search = NonFiniteSearch {
                    engine,
                    done,
                    system,
                    schema,
                    layout,
                    shared,
                    pool: pool.as_deref(),
                    views: &views,
                    lengths,
                    every: *every,
                };
                return Err(search.error(found));
            }
            report.call(progress, done.steps, steps)
        })
    }
}

/// An input on the device: its array, which this keeps alive, and its strides.
type Placed<T> = Option<(DeviceArray<T>, [usize; 3])>;

impl<T: Scalar, S: System<T>> LoopOverTime<T, S> {
    /// Copies an array to the device that the loop runs on.
    ///
    /// # Errors
    /// If the loop runs on the CPU, the device has too little memory, or the device was lost.
    pub fn to_device<A: Data<Elem = T>, D: Dimension>(&self, array: &ArrayBase<A, D>) -> Result<DeviceArray<T>> {
        self.any().copy_to_device(array.view().into_dyn())
    }

    /// Does the same as [`LoopOverTime::run`], but the recordings stay on the device, and inputs
    /// may be there already. Only inputs on the host are transferred. The run is complete when this
    /// method returns.
    ///
    /// The values of inputs on the device are not checked ahead of time. A NaN in them becomes an
    /// error when it has reached the state.
    ///
    /// # Errors
    /// The same as for [`LoopOverTime::run`]. In addition: if the loop runs on the CPU, is
    /// batch-major, monitors events or bits, or monitors units that are not in ascending order; if an array
    /// is on another device; if the input has lengths, which only runs through the host support.
    pub fn run_on_device<'a>(&mut self, input: impl Into<Input<'a, T>>) -> Result<DeviceRecording<T>> {
        self.any_mut().run_input_on_device(input.into(), &mut Report::default())
    }
}

impl<T: Scalar> AnyLoop<'_, T> {
    fn copy_to_device(&self, array: ArrayViewD<'_, T>) -> Result<DeviceArray<T>> {
        let engine = self.engine.as_ref().ok_or_else(|| no_device("to_device"))?;
        let values = array.as_standard_layout();
        Ok(DeviceArray::new(
            engine.upload(bytemuck::cast_slice(values.as_slice().unwrap_or_default()))?,
            array.shape().to_vec(),
        ))
    }

    pub(crate) fn run_input_on_device(
        &mut self,
        input: Input<'_, T>,
        report: &mut Report<'_>,
    ) -> Result<DeviceRecording<T>> {
        let unsupported = |what: &str| Err(Error::Unsupported(format!("run_on_device: {what}")));
        if self.first_axis == FirstAxis::Batch {
            return unsupported("arrays on the device are time-major, but this loop is batch-major");
        }
        if let Some(handle) = self.handles.iter().find(|h| h.form != Form::Values || h.order().is_some()) {
            let why = match handle.form {
                Form::Events => "is monitored as events",
                Form::Bits => "is monitored as bits",
                Form::Values => "is monitored for units that are not in ascending order",
            };
            return unsupported(&format!("`{}` {why}", handle.label));
        }
        let input = self.checked(input)?;
        if input.lengths.is_some() {
            return unsupported("lengths need a run whose input and recordings go through the host");
        }
        let placed = self.place(&input)?;
        let addresses: Vec<_> =
            placed.iter().map(|p| p.as_ref().map(|(array, strides)| (array.address(), *strides))).collect();
        let steps = input.steps;
        let i = self.clock.i();
        let room = self.engine.as_ref().ok_or_else(|| no_device("run_on_device"))?.room(steps, i)?;
        let feed = RunIo::Device(DeviceIo {
            inputs: addresses,
            records: room.iter().map(|buffer| (buffer.clone(), 0)).collect(),
        });
        let (rows, features) =
            (self.layout.rows, self.schema.inputs.iter().map(|input| input.shape.iter().product()).collect::<Vec<_>>());
        let inputs =
            || placed.iter().zip(&features).map(|(input, features)| bring(input, steps, rows, *features)).collect();
        let made = self.drive(feed, steps, None, &inputs, report);
        report.resume_panic();
        made?;
        let mut room = room.into_iter();
        let kept = |every: u64| Stride::new(every, i).count(usize::try_from(steps).unwrap_or(usize::MAX));
        let shape = |kept: usize, own: &[usize]| {
            [kept].into_iter().chain(self.batch).chain(own.iter().copied()).collect::<Vec<_>>()
        };
        let output = if self.record_output { room.next().map(|buffer| (buffer, kept(self.every))) } else { None };
        let output = match output {
            Some((buffer, kept)) => DeviceArray::new(buffer, shape(kept, &self.schema.output)),
            None => self.copy_to_device(ArrayD::from_elem(shape(0, &self.schema.output), T::zeroed()).view())?,
        };
        let entries = self
            .handles
            .iter()
            .zip(room)
            .map(|(h, buffer)| (h.label.clone(), DeviceArray::new(buffer, shape(kept(h.every), h.shape()))));
        Ok(DeviceRecording { output, steps, i: self.clock.i(), t: self.clock.t(), entries: entries.collect() })
    }

    /// The inputs on the device: those that are there already, and copies of the others.
    fn place(&self, input: &InputByPort<'_, T>) -> Result<Vec<Placed<T>>> {
        let engine = self.engine.as_ref().ok_or_else(|| no_device("run_on_device"))?;
        let steps = usize::try_from(input.steps).unwrap_or(usize::MAX);
        let put = |(port, given): (usize, &Option<PortValues<'_, T>>)| match given {
            None => Ok(None),
            Some(PortValues::Device(array, strides)) if engine.owns(array.buffer()) => {
                Ok(Some(((*array).clone(), *strides)))
            }
            Some(PortValues::Device(array, _)) => {
                let name = &self.schema.inputs[port].name;
                Err(Error::value(
                    format!("input `{name}`"),
                    array.device(),
                    format!("is not the device of this loop, {}", self.device),
                ))
            }
            Some(PortValues::Host(values)) => {
                let whole = (steps, self.layout.rows, self.schema.input_len(port));
                let values = match values.broadcast(whole).filter(|_| engine.takes_whole()) {
                    Some(whole) => whole.to_owned().into(),
                    None => values
                        .view()
                        .into_dimensionality()
                        .map_or_else(|_| values.to_owned().into(), ndarray::CowArray::from),
                };
                let [all, rows, features] = [0, 1, 2].map(|axis| values.len_of(ndarray::Axis(axis)));
                let strides = [(all, rows * features), (rows, features), (features, 1)]
                    .map(|(len, stride)| if len > 1 { stride } else { 0 });
                Ok(Some((self.copy_to_device(values.view().into_dyn())?, strides)))
            }
        };
        input.ports.iter().enumerate().map(put).collect()
    }
}

/// Copies an input back to the host, `[steps, rows, features]`.
fn bring<T: Scalar>(
    placed: &Placed<T>,
    steps: u64,
    rows: usize,
    features: usize,
) -> Result<Option<CowArray<'static, T, Ix3>>> {
    let Some((array, [step, row, unit])) = placed else { return Ok(None) };
    let values = array.to_host()?;
    let values = values.as_slice().unwrap_or_default();
    let at = |(k, r, u): (usize, usize, usize)| values.get(k * step + r * row + u * unit).copied().unwrap_or_default();
    Ok(Some(Array3::from_shape_fn((usize::try_from(steps).unwrap_or(usize::MAX), rows, features), at).into()))
}

fn no_device(what: &str) -> Error {
    Error::Unsupported(format!("{what}: this loop runs on the CPU; build it with Device::Cuda, or move it with to()"))
}
