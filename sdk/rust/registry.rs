//! Behind the border: the descriptor, a source's life, and the functions that the host calls.

use crate::abi::{self, bytes, FAILED, NONE, NO_TIME, OK};
use crate::{guarded, job, Failure, Host, Job, Outcome, Refusal, Request, Settings, Source, StoredEvent, Verdict};
use std::any::Any;
use std::mem::size_of;
use std::os::raw::c_void;
use std::sync::atomic::{AtomicPtr, Ordering};
use std::sync::Arc;

/// What a plugin says of itself.
pub struct Plugin {
    pub name: &'static str,
    pub version: &'static str,
    pub summary: &'static str,
    pub settings_schema: &'static str,
    pub samples: &'static [Sample],
}

/// A recorded request for the conformance check. `expect`: Ok with the event's type, Err with the refusal's code.
pub struct Sample {
    pub name: &'static str,
    pub settings: &'static str,
    pub request: &'static str,
    /// Milliseconds since 1970.
    pub at: i64,
    pub expect: Result<&'static str, &'static str>,
}

/// A source and what it enrolled. The host holds it as an opaque pointer.
pub struct Opened<S> {
    source: Arc<S>,
    host: Host,
    enrolled: Vec<Arc<dyn Any>>,
}

/// A function enrolled: what the host passes back as `user`.
struct Enrolled<S, F> {
    source: Arc<S>,
    host: Host,
    f: F,
}

type VerifyFn<S> = fn(&S, &Request) -> Verdict;
type HandleFn<S> = fn(&S, &Request) -> Outcome;
type FetchFn<S> = fn(&S, &StoredEvent) -> Box<dyn Job>;
type OperationFn<S> = fn(&S, &str) -> Box<dyn Job>;

/// Where enroll says what the source has. What the host refuses ends it; the host's log says why.
pub struct Registry<'a, S: Source> {
    raw: &'a abi::registry,
    opened: &'a mut Opened<S>,
    status: abi::Status,
}

fn text(s: &str) -> abi::text {
    bytes(s.as_bytes())
}
fn size<T>() -> u32 {
    size_of::<T>() as u32
}

impl<'a, S: Source> Registry<'a, S> {
    fn keep<F: 'static>(&mut self, f: F) -> *mut c_void {
        let made = Arc::new(Enrolled { source: self.opened.source.clone(), host: self.opened.host, f });
        let user = Arc::as_ptr(&made) as *mut c_void;
        self.opened.enrolled.push(made);
        user
    }
    fn add(&mut self, call: impl FnOnce(&abi::registry) -> abi::Status) {
        if self.status == OK {
            self.status = call(self.raw);
        }
    }
    pub fn verifier(&mut self, name: &str, f: VerifyFn<S>) {
        let user = self.keep(f);
        let v = abi::verifier { struct_size: size::<abi::verifier>(), flags: 0, name: text(name), verify: verify::<S>, user };
        self.add(|r| (r.verifier)(r.context, &v))
    }
    /// path: below the source's path, "" or "/…". max_body: bytes, 0 = 1 MiB.
    pub fn route(&mut self, method: &str, path: &str, verifier: &str, max_body: u64, f: HandleFn<S>) {
        let route = abi::route {
            struct_size: size::<abi::route>(),
            flags: 0,
            method: text(method),
            path: text(path),
            verifier: text(verifier),
            max_body,
            handle: handle::<S>,
            user: self.keep(f),
        };
        self.add(|r| (r.route)(r.context, &route))
    }
    /// "*", "parcel.*" or exact; the first match counts.
    pub fn fetch_back(&mut self, type_pattern: &str, f: FetchFn<S>) {
        let (user, type_pattern) = (self.keep(f), text(type_pattern));
        let fetch = abi::fetch_back { struct_size: size::<abi::fetch_back>(), flags: 0, type_pattern, begin: fetch::<S>, user };
        self.add(|r| (r.fetch_back)(r.context, &fetch))
    }
    /// schema: JSON Schema of the arguments, "" = takes none. kind: see gatehouse_operation.
    pub fn operation(&mut self, name: &str, summary: &str, schema: &str, kind: &str, f: OperationFn<S>) {
        let operation = abi::operation {
            struct_size: size::<abi::operation>(),
            flags: 0,
            name: text(name),
            summary: text(summary),
            arguments_schema: text(schema),
            kind: text(kind),
            begin: operation::<S>,
            user: self.keep(f),
        };
        self.add(|r| (r.operation)(r.context, &operation))
    }
    /// "api.example.com" or "*.example.com"; https, public addresses only. port 0 = 443.
    pub fn egress_host(&mut self, host: &str, port: u32, path_prefix: &str) {
        let (struct_size, host, path_prefix) = (size::<abi::egress>(), text(host), text(path_prefix));
        let egress = abi::egress { struct_size, port, setting: NONE, host, path_prefix };
        self.add(|r| (r.egress)(r.context, &egress))
    }
    /// The URL in this setting may be reached.
    pub fn egress_setting(&mut self, setting: &str) {
        let (struct_size, setting) = (size::<abi::egress>(), text(setting));
        let egress = abi::egress { struct_size, port: 0, setting, host: NONE, path_prefix: NONE };
        self.add(|r| (r.egress)(r.context, &egress))
    }
}

/// A job is the host's only when it took it.
fn give(host: Host, job: Box<dyn Job>, take: impl FnOnce(&abi::job) -> abi::Status) -> abi::Status {
    let made = job::release(host, job);
    let status = take(&made);
    if status != OK {
        (made.drop)(made.state);
    }
    status
}

fn refuse(refusal: &Refusal, give: impl FnOnce(&abi::refusal) -> abi::Status) -> abi::Status {
    give(&abi::refusal {
        struct_size: size::<abi::refusal>(),
        http_status: refusal.http_status,
        code: text(refusal.code),
        hint: text(&refusal.hint),
        headers: std::ptr::null(),
        header_count: 0,
    })
}

fn fault(host: Host, why: &str) -> abi::Status {
    host.fail(why);
    FAILED
}

extern "C" fn verify<S: Source>(user: *mut c_void, request: *const abi::request, answer: *const abi::verify_answer) -> abi::Status {
    let (own, a) = unsafe { (&*(user as *const Enrolled<S, VerifyFn<S>>), &*answer) };
    guarded(own.host, || match (own.f)(&own.source, &unsafe { Request::new(request) }) {
        Verdict::Accept(yes) => {
            let signed = yes.signed.as_ref();
            let accepted = abi::acceptance {
                struct_size: size::<abi::acceptance>(),
                trust: yes.unverified_origin as u32,
                signed_at: signed.map_or(NO_TIME, |s| s.at),
                tolerance_past: signed.map_or(0, |s| s.tolerance_past),
                tolerance_future: signed.map_or(0, |s| s.tolerance_future),
                replay_id: text(&yes.replay_id),
            };
            (a.accept)(a.context, &accepted)
        }
        Verdict::Refuse(no) => refuse(&no, |r| (a.refuse)(a.context, r)),
        Verdict::Need(job) => give(own.host, job, |j| (a.need)(a.context, j)),
        Verdict::Fault(why) => fault(own.host, &why),
    })
}

extern "C" fn handle<S: Source>(
    user: *mut c_void,
    request: *const abi::request,
    acceptance: *const abi::acceptance,
    answer: *const abi::handle_answer,
) -> abi::Status {
    let (own, accepted, a) = unsafe { (&*(user as *const Enrolled<S, HandleFn<S>>), &*acceptance, &*answer) };
    guarded(own.host, || match (own.f)(&own.source, &unsafe { Request::new(request) }) {
        Outcome::Event(e) => {
            let event = abi::event {
                struct_size: size::<abi::event>(),
                flags: e.body_may_vary as u32,
                dedupe_key: text(&e.dedupe_key),
                kind: text(&e.kind),
                subject: text(&e.subject),
                ordering_key: text(&e.ordering_key),
                occurred_at: e.occurred_at.unwrap_or(NO_TIME),
                http_status: e.http_status,
                // An event cannot be better proved than the request that announced it.
                trust: accepted.trust,
            };
            (a.event)(a.context, &event)
        }
        Outcome::Respond(http_status, body) => {
            let response = abi::response {
                struct_size: size::<abi::response>(),
                http_status,
                headers: std::ptr::null(),
                header_count: 0,
                body: bytes(&body),
                state: std::ptr::null(),
                state_count: 0,
            };
            (a.respond)(a.context, &response)
        }
        Outcome::Job(job) => give(own.host, job, |j| (a.job)(a.context, j)),
        Outcome::Refuse(no) => refuse(&no, |r| (a.refuse)(a.context, r)),
        Outcome::Fault(why) => fault(own.host, &why),
    })
}

extern "C" fn fetch<S: Source>(user: *mut c_void, event: *const abi::stored_event, out: *mut abi::job) -> abi::Status {
    let own = unsafe { &*(user as *const Enrolled<S, FetchFn<S>>) };
    guarded(own.host, || {
        let job = (own.f)(&own.source, &StoredEvent { raw: unsafe { &*event } });
        unsafe { out.write(job::release(own.host, job)) };
        OK
    })
}

extern "C" fn operation<S: Source>(user: *mut c_void, arguments: abi::text, out: *mut abi::job) -> abi::Status {
    let own = unsafe { &*(user as *const Enrolled<S, OperationFn<S>>) };
    guarded(own.host, || {
        let job = (own.f)(&own.source, &String::from_utf8_lossy(unsafe { abi::slice(arguments) }));
        unsafe { out.write(job::release(own.host, job)) };
        OK
    })
}

extern "C" fn open_source<S: Source>(host: *const abi::host, settings: *const abi::settings, out: *mut *mut c_void) -> abi::Status {
    let (host, s) = unsafe { (Host::new(host), &*settings) };
    guarded(host, || {
        let string = |t| String::from_utf8_lossy(unsafe { abi::slice(t) }).into_owned();
        match S::open(host, &Settings { name: string(s.name), json: string(s.json), path: string(s.path) }) {
            Ok(source) => {
                let opened = Box::new(Opened { source: Arc::new(source), host, enrolled: Vec::new() });
                unsafe { out.write(Box::into_raw(opened) as *mut c_void) };
                OK
            }
            Err(why) => fault(host, &why),
        }
    })
}

extern "C" fn enroll<S: Source>(source: *mut c_void, registry: *const abi::registry) -> abi::Status {
    // [control]: no call of this source is under way on another thread.
    let opened = unsafe { &mut *(source as *mut Opened<S>) };
    guarded(opened.host, || {
        let mut registry = Registry { raw: unsafe { &*registry }, opened, status: OK };
        S::enroll(&mut registry);
        registry.status
    })
}

extern "C" fn close_source<S: Source>(source: *mut c_void) {
    let _ = std::panic::catch_unwind(|| drop(unsafe { Box::from_raw(source as *mut Opened<S>) }));
}

/// The descriptor: made once and never freed, since the host may hold it until the process ends.
pub fn describe<S: Source>(made: &AtomicPtr<abi::plugin>, plugin: &Plugin) -> *const abi::plugin {
    let there = made.load(Ordering::Acquire);
    if !there.is_null() {
        return there;
    }
    let sample = |s: &Sample| -> *const abi::sample {
        Box::leak(Box::new(abi::sample {
            struct_size: size::<abi::sample>(),
            expect: s.expect.is_err() as i32,
            name: text(s.name),
            settings: text(s.settings),
            request: text(s.request),
            at: s.at,
            code: text(s.expect.unwrap_or_else(|code| code)),
        }))
    };
    let samples: &'static mut [_] = Box::leak(plugin.samples.iter().map(sample).collect());
    let new = Box::into_raw(Box::new(abi::plugin {
        struct_size: size::<abi::plugin>(),
        abi_minor_built: abi::ABI_MINOR,
        abi_minor_needed: 0,
        flags: 0,
        name: text(plugin.name),
        version: text(plugin.version),
        summary: text(plugin.summary),
        settings_schema: text(plugin.settings_schema),
        open_source: open_source::<S>,
        enroll: enroll::<S>,
        close_source: close_source::<S>,
        samples: samples.as_ptr(),
        sample_count: samples.len(),
    }));
    made.store(new, Ordering::Release);
    new
}

/// A job that fails at its first step.
impl Job for Failure {
    fn step(&mut self, _: crate::Input) -> crate::Ask {
        crate::Ask::Fail(std::mem::replace(self, Failure::Invalid(String::new())))
    }
}
