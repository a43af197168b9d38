//! Gatehouse plugins in Rust: a safe layer over gatehouse/abi.h, without crates. What each thing means stands there.
//!
//! A plugin implements [`Source`] for one type and names it in [`plugin!`]. Its functions are called from several threads at once, so the
//! type is `Sync`. Panics become failed calls with their text as reason and never cross the border; do not build with panic=abort. They print to
//! the server's standard error, too, so report what can happen as a `Fault`.
//!
//! Left out, and to be added as abi.h has them when a plugin needs them: headers of responses and results, state that is committed with a
//! result, share_key and limits of requests, reading a secret's bytes, interfaces by id.
//!
//! Built by rustc alone:
//!     rustc --edition 2021 -O --crate-type rlib --crate-name gatehouse sdk/rust/lib.rs
//!     rustc --edition 2021 -O --crate-type cdylib -C strip=symbols --extern gatehouse=libgatehouse.rlib parcel.rs

pub mod abi;
mod job;
mod registry;

pub use job::{Ask, Failure, HttpRequest, HttpResponse, Input, Job};
pub use registry::{describe, Opened, Plugin, Registry, Sample};

use std::marker::PhantomData;
use std::os::raw::c_void;

/// One configured instance of the plugin.
pub trait Source: Send + Sync + Sized + 'static {
    /// The error is a wrong setting: say which.
    fn open(host: Host, settings: &Settings) -> Result<Self, String>;
    fn enroll(registry: &mut Registry<Self>);
}

pub struct Settings {
    pub name: String,
    /// JSON text: checked against the schema, defaults filled in, secrets left out.
    pub json: String,
    /// The source's configured path.
    pub path: String,
}

/// The services of the host to one source. Valid until the source is closed: keep it in the source and in its jobs only.
#[derive(Clone, Copy)]
pub struct Host(*const abi::host);
// Every function of it may be called on any thread.
unsafe impl Send for Host {}
unsafe impl Sync for Host {}

pub enum Level {
    Debug,
    Info,
    Warning,
    Error,
}

impl Host {
    /// # Safety
    /// `host` must be what open_source was given.
    unsafe fn new(host: *const abi::host) -> Self {
        Host(host)
    }
    fn get(&self) -> &abi::host {
        unsafe { &*self.0 }
    }
    /// Never pass secrets.
    pub fn log(&self, level: Level, message: &str) {
        (self.get().log)(self.get().context, level as i32, abi::bytes(message.as_bytes()))
    }
    pub(crate) fn fail(&self, text: &str) {
        (self.get().fail)(self.get().context, abi::bytes(text.as_bytes()))
    }
    /// Milliseconds since 1970, of the host's clock: the one to use.
    pub fn now(&self) -> i64 {
        (self.get().now)(self.get().context)
    }
    /// Values of a secret setting; several during a rotation.
    pub fn secret_count(&self, name: &str) -> u32 {
        (self.get().secret_count)(self.get().context, abi::bytes(name.as_bytes()))
    }
    /// HMAC-SHA256 over the parts joined, the key being the bytes of that value of the secret. None: no such value.
    pub fn hmac_sha256(&self, secret: &str, index: u32, parts: &[&[u8]]) -> Option<[u8; 32]> {
        const SHA256: i32 = 2;
        const RAW: i32 = 0;
        let parts: Vec<_> = parts.iter().map(|p| abi::bytes(p)).collect();
        let mut out = [0; 32];
        let h = self.get();
        let name = abi::bytes(secret.as_bytes());
        let status = (h.hmac)(h.context, SHA256, RAW, name, index, parts.as_ptr(), parts.len(), out.as_mut_ptr(), out.len());
        (status == abi::OK).then(|| out)
    }
    /// One value of the source's state: memory, no waiting.
    pub fn state(&self, key: &str) -> Option<Vec<u8>> {
        extern "C" fn write(out: *mut c_void, data: *const c_void, size: usize) {
            let text = abi::text { data: data as *const u8, size };
            unsafe { (*(out as *mut Vec<u8>)).extend_from_slice(abi::slice(text)) }
        }
        let mut out = Vec::new();
        let sink = abi::sink { context: &mut out as *mut Vec<u8> as *mut c_void, write };
        let status = (self.get().get_state)(self.get().context, abi::bytes(key.as_bytes()), &sink);
        (status == abi::OK).then(|| out)
    }
}

/// A received request, exactly as it came; lives as long as the call.
pub struct Request<'a> {
    raw: *const abi::request,
    life: PhantomData<&'a ()>,
}

impl<'a> Request<'a> {
    unsafe fn new(raw: *const abi::request) -> Self {
        Request { raw, life: PhantomData }
    }
    fn get(&self) -> &'a abi::request {
        unsafe { &*self.raw }
    }
    pub fn method(&self) -> &'a [u8] {
        unsafe { abi::slice(self.get().method) }
    }
    /// Below the source's path: "" or "/…", not decoded.
    pub fn path(&self) -> &'a [u8] {
        unsafe { abi::slice(self.get().path) }
    }
    pub fn body(&self) -> &'a [u8] {
        unsafe { abi::slice(self.get().body) }
    }
    /// Every field of that name, ignoring case, in order. What proves a sender should be there exactly once.
    pub fn header(&self, name: &str) -> Vec<&'a [u8]> {
        let r = self.get();
        let all = if r.header_count == 0 { &[] } else { unsafe { std::slice::from_raw_parts(r.headers, r.header_count) } };
        let same = |h: &&abi::header| unsafe { abi::slice(h.name) }.eq_ignore_ascii_case(name.as_bytes());
        all.iter().filter(same).map(|h| unsafe { abi::slice(h.value) }).collect()
    }
}

/// A stored event, as a fetch-back gets it; lives as long as the call.
pub struct StoredEvent<'a> {
    raw: &'a abi::stored_event,
}

impl<'a> StoredEvent<'a> {
    fn string(t: abi::text) -> String {
        String::from_utf8_lossy(unsafe { abi::slice(t) }).into_owned()
    }
    pub fn kind(&self) -> String {
        Self::string(self.raw.kind)
    }
    pub fn subject(&self) -> String {
        Self::string(self.raw.subject)
    }
    /// 1 = first.
    pub fn attempt(&self) -> u32 {
        self.raw.attempt
    }
    pub fn request(&self) -> Request<'a> {
        unsafe { Request::new(self.raw.request) }
    }
}

/// What a verifier says: pure, concurrent, over the raw bytes.
pub enum Verdict {
    Accept(Acceptance),
    Refuse(Refusal),
    /// Something is missing that a job can fetch; then the request is verified once more.
    Need(Box<dyn Job>),
    /// Our own trouble and its reason: no answer is given, and the sender keeps the message.
    Fault(String),
}

#[derive(Default)]
pub struct Acceptance {
    pub signed: Option<Signed>,
    /// Nothing but an unguessable address or an equally weak proof: the mark stays with the event.
    pub unverified_origin: bool,
    pub replay_id: String,
}

/// Milliseconds since 1970, and how far that may lie from now.
pub struct Signed {
    pub at: i64,
    pub tolerance_past: i64,
    pub tolerance_future: i64,
}

pub struct Refusal {
    /// 400, 401 or 403.
    pub http_status: i32,
    /// Lower-case words joined by "_".
    pub code: &'static str,
    /// For operators; never sent, never a secret.
    pub hint: String,
}

/// What becomes of a genuine request.
pub enum Outcome {
    Event(Event),
    /// Status and body.
    Respond(i32, Vec<u8>),
    /// The sender waits; the job ends with [`Ask::Respond`].
    Job(Box<dyn Job>),
    Refuse(Refusal),
    /// Our own trouble and its reason: the sender keeps the message.
    Fault(String),
}

#[derive(Default)]
pub struct Event {
    /// Equal on every resend, unique within the source; empty: the replay id.
    pub dedupe_key: String,
    pub kind: String,
    pub subject: String,
    pub ordering_key: String,
    pub occurred_at: Option<i64>,
    /// A resend may differ in its bytes: equal keys with different bodies are no conflict.
    pub body_may_vary: bool,
    /// What the sender hears once it is stored, 200 to 299; 0 = 202.
    pub http_status: i32,
}

/// Time depends on the lengths only.
pub fn equal_constant_time(a: &[u8], b: &[u8]) -> bool {
    a.len() == b.len() && a.iter().zip(b).fold(0, |difference, (x, y)| difference | (x ^ y)) == 0
}

/// Runs f; a panic becomes a failed call with its text as reason.
pub(crate) fn guarded<F: FnOnce() -> abi::Status>(host: Host, f: F) -> abi::Status {
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(f)).unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<&str>().map(|s| s.to_string()).or_else(|| panic.downcast_ref::<String>().cloned());
        host.fail(&format!("panic: {}", text.unwrap_or_default()));
        abi::FAILED
    })
}

/// Once per plugin: `gatehouse::plugin!(Acme, Plugin { name: "acme", … });`
#[macro_export]
macro_rules! plugin {
    ($source:ty, $plugin:expr) => {
        #[no_mangle]
        pub extern "C" fn gatehouse_plugin_v1(_hello: *const $crate::abi::hello) -> *const $crate::abi::plugin {
            static MADE: std::sync::atomic::AtomicPtr<$crate::abi::plugin> = std::sync::atomic::AtomicPtr::new(std::ptr::null_mut());
            $crate::describe::<$source>(&MADE, &$plugin)
        }
    };
}
