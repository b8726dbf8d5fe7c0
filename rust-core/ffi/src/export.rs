//! The one macro that exports functions, and the one function that every call goes through.

use crate::argument::{check_struct, Argument};
use crate::diagnostics;
#[cfg(feature = "fault-injection")]
use crate::fault;
use crate::overlap::{Ranges, RANGES_MAX};
use crate::panics;
use crate::state::{library, not_forked, Library};
use crate::status::{report, Failure};
use crate::types::sr_error_t;
use strongroom_core::Error;

/// Exports functions of the C ABI and lists them, as `EXPORTS`, for the manifest.
///
/// ```text
/// values {                      functions that return a value, can not fail and take nothing
///     1 fn sr_name() -> u32 { body }
/// }
/// functions {                   functions that return a status; the error struct comes as a last parameter
///     2 Started fn sr_name(library; handle: sr_key_t, input: sr_bytes_t) { body }
///     3 Started fn sr_name(library; items: *mut T, count: usize) as (items = Items(items, count)) { body }
/// }
/// ```
///
/// The number is the function's `operation`. `Started` functions answer `NOT_STARTED` before `sr_start`; `Unstarted`
/// ones do not. The body sees each parameter as its [`Argument`] opens it, under the same name, or as the `as` clause
/// regroups them; it gives `Result<(), Failure>`.
macro_rules! export {
    (
        $(values {
            $($(#[$value_doc:meta])* $value_operation:literal fn $value_name:ident() -> $value_ty:ty $value_body:block)*
        })?
        functions {
            $(
                $(#[$doc:meta])*
                $operation:literal $scope:ident fn $name:ident(
                    $library:ident; $($parameter:ident: $ty:ty),* $(,)?
                ) $(as ($($opened:ident = $argument:expr),* $(,)?))? $body:block
            )*
        }
    ) => {
        $($(
            $(#[$value_doc])*
            #[no_mangle]
            pub extern "C" fn $value_name() -> $value_ty $value_body
        )*)?

        $(
            $crate::export::export! {
                @function [$(#[$doc])*] $operation $scope $name [$library] [$($parameter: $ty),*]
                [$($($opened = $argument),*)?] $body
            }
        )*

        pub(crate) const EXPORTS: &[$crate::manifest::Export] = &[
            $($($crate::manifest::Export {
                operation: $value_operation,
                name: stringify!($value_name),
                returns: <$value_ty as $crate::manifest::CType>::NAME,
                parameters: &[],
            },)*)?
            $($crate::manifest::Export {
                operation: $operation,
                name: stringify!($name),
                returns: "uint32_t",
                parameters: &[
                    $((<$ty as $crate::manifest::CType>::NAME, stringify!($parameter)),)*
                    ("sr_error_t *", "error"),
                ],
            },)*
        ];
    };

    // Without an `as` clause each parameter is an argument of its own.
    (
        @function [$($doc:tt)*] $operation:literal $scope:ident $name:ident [$library:ident]
        [$($parameter:ident: $ty:ty),*] [] $body:block
    ) => {
        $crate::export::export! {
            @function [$($doc)*] $operation $scope $name [$library] [$($parameter: $ty),*]
            [$($parameter = $parameter),*] $body
        }
    };

    (
        @function [$($doc:tt)*] $operation:literal $scope:ident $name:ident [$library:ident]
        [$($parameter:ident: $ty:ty),*] [$($opened:ident = $argument:expr),*] $body:block
    ) => {
        $($doc)*
        ///
        /// # Safety
        /// As the header says: each pointer that is not NULL refers to memory of the caller's, of the size that comes
        /// with it, that no one else changes during the call.
        #[no_mangle]
        pub unsafe extern "C" fn $name($($parameter: $ty,)* error: *mut $crate::sr_error_t) -> u32 {
            // SAFETY: the caller keeps to the contract, which is all that `call` asks for.
            unsafe {
                $crate::export::call::<$crate::export::$scope, _>(
                    $operation,
                    ($($argument,)*),
                    error,
                    |$library, ($($opened,)*)| $body,
                )
            }
        }
    };
}

pub(crate) use export;

/// Whether a function needs the library to be started, and so what its body gets of it.
pub(crate) trait Scope {
    type Library;

    fn enter() -> Result<Self::Library, Error>;
}

/// For functions that work with the library.
pub(crate) struct Started;

impl Scope for Started {
    type Library = &'static Library;

    fn enter() -> Result<Self::Library, Error> {
        library()
    }
}

/// For the function that starts it.
pub(crate) struct Unstarted;

impl Scope for Unstarted {
    type Library = ();

    fn enter() -> Result<(), Error> {
        not_forked()
    }
}

/// One call: zeroes the outputs, checks, runs `body` behind the panic guard, takes the outputs back on a failure,
/// poisons the objects at work on a panic, and fills in the error struct.
///
/// # Safety
/// The pointers in `arguments` and `error` are as the header's contract says.
pub(crate) unsafe fn call<S: Scope, A: Arguments>(
    operation: u32,
    arguments: A,
    error: *mut sr_error_t,
    body: impl FnOnce(S::Library, A::Opened<'_>) -> Result<(), Failure>,
) -> u32 {
    const { assert!(A::RANGES < RANGES_MAX) };
    // SAFETY: the caller keeps to the contract.
    unsafe { arguments.clear() };
    let mut objects = None;
    let outcome = panics::guard(|| {
        let library = S::enter()?;
        arguments.check()?;
        let mut ranges = Ranges::default();
        if !error.is_null() {
            let position = A::PARAMETERS + 1;
            check_struct(error).map_err(|misaligned| Failure::at(position, misaligned))?;
        }
        let bytes = if error.is_null() {
            0
        } else {
            size_of::<sr_error_t>()
        };
        ranges.output(error, bytes);
        arguments.ranges(&mut ranges);
        if ranges.overlap() {
            return Err(Error::BuffersOverlap.into());
        }
        let objects = objects.insert(arguments.find()?);
        #[cfg(feature = "fault-injection")]
        fault::strike(operation)?;
        // SAFETY: checked, without overlaps, and the caller keeps to the contract.
        body(library, unsafe { arguments.open(objects) })
    });
    if let (
        Err(Failure {
            error: Error::Panic,
            ..
        }),
        Some(objects),
    ) = (&outcome, &objects)
    {
        A::poison(objects);
    }
    // The last clone of an object may be here, and its drop is not to unwind either.
    let dropped = panics::guard(|| {
        drop(objects);
        Ok(())
    });
    let outcome = outcome.and(dropped);
    if let Err(failure) = &outcome {
        // SAFETY: the caller keeps to the contract.
        unsafe { arguments.wipe(failure) };
        diagnostics::record(operation, 0, failure);
    }
    if check_struct(error).is_ok() {
        // SAFETY: neither NULL nor misaligned; the caller's to write.
        unsafe { error.write(report(operation, &outcome)) };
    }
    match outcome {
        Ok(()) => 0,
        Err(failure) => failure.error.code(),
    }
}

/// The arguments of a call, as a tuple; each method runs the one of [`Argument`] on each in order.
pub(crate) trait Arguments {
    const PARAMETERS: u32;
    const RANGES: usize;
    type Objects;
    type Opened<'a>
    where
        Self: 'a;

    /// # Safety
    /// As [`Argument::clear`].
    unsafe fn clear(&self);
    fn check(&self) -> Result<(), Failure>;
    fn ranges(&self, ranges: &mut Ranges);
    fn find(&self) -> Result<Self::Objects, Failure>;
    /// # Safety
    /// As [`Argument::open`].
    unsafe fn open<'a>(&'a self, objects: &'a Self::Objects) -> Self::Opened<'a>;
    fn poison(objects: &Self::Objects);
    /// # Safety
    /// As [`Argument::wipe`].
    unsafe fn wipe(&self, failure: &Failure);
}

macro_rules! arguments {
    ($($name:ident $index:tt),*) => {
        impl<$($name: Argument),*> Arguments for ($($name,)*) {
            const PARAMETERS: u32 = 0 $(+ $name::PARAMETERS)*;
            const RANGES: usize = 0 $(+ $name::RANGES)*;
            type Objects = ($($name::Object,)*);
            type Opened<'a> = ($($name::Opened<'a>,)*) where Self: 'a;

            unsafe fn clear(&self) {
                // SAFETY: the caller promised the same of each argument.
                $(unsafe { self.$index.clear() };)*
            }

            fn check(&self) -> Result<(), Failure> {
                let mut position = 1;
                $(
                    self.$index.check().map_err(|error| Failure::at(position, error))?;
                    position += $name::PARAMETERS;
                )*
                let _ = position;
                Ok(())
            }

            #[inline(always)]
            fn ranges(&self, ranges: &mut Ranges) {
                $(self.$index.ranges(ranges);)*
            }

            fn find(&self) -> Result<Self::Objects, Failure> {
                let mut position = 1;
                let objects = ($({
                    let blame = |failure| Failure { argument: position, ..failure };
                    let object = self.$index.find().map_err(blame)?;
                    position += $name::PARAMETERS;
                    object
                },)*);
                let _ = position;
                Ok(objects)
            }

            unsafe fn open<'a>(&'a self, objects: &'a Self::Objects) -> Self::Opened<'a> {
                let mut position = 1;
                let opened = ($({
                    // SAFETY: the caller promised the same of each argument.
                    let opened = unsafe { self.$index.open(&objects.$index, position) };
                    position += $name::PARAMETERS;
                    opened
                },)*);
                let _ = position;
                opened
            }

            fn poison(objects: &Self::Objects) {
                $($name::poison(&objects.$index);)*
            }

            unsafe fn wipe(&self, failure: &Failure) {
                let mut position = 1;
                $(
                    // SAFETY: the caller promised the same of each argument.
                    unsafe { self.$index.wipe(failure, position) };
                    position += $name::PARAMETERS;
                )*
                let _ = position;
            }
        }
    };
}

arguments!(A 0);
arguments!(A 0, B 1);
arguments!(A 0, B 1, C 2);
arguments!(A 0, B 1, C 2, D 3);
arguments!(A 0, B 1, C 2, D 3, E 4);
arguments!(A 0, B 1, C 2, D 3, E 4, F 5);
arguments!(A 0, B 1, C 2, D 3, E 4, F 5, G 6);
