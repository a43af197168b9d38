//! Jobs: the only asynchronous thing. A job is a state machine; each step returns the one thing that it asks for.

use crate::abi;
use crate::{guarded, Host};
use std::os::raw::c_void;
use std::time::Duration;

/// The outcome of the last thing asked for.
pub enum Input {
    Start,
    /// One per request, in the order of the requests.
    Http(Vec<HttpResponse>),
    Slept,
    /// Whether the entries are on disk.
    StatePut(bool),
}

/// What a step asks for: exactly one thing, by construction.
pub enum Ask {
    Http(HttpRequest),
    /// 1 to 64, in parallel.
    HttpAll(Vec<HttpRequest>),
    Sleep(Duration),
    /// A key without a value is removed.
    PutState(Vec<(String, Option<Vec<u8>>)>),
    /// Nothing to hand over.
    Done,
    Document(Vec<u8>),
    /// The entity no longer exists; the provider's reason.
    Gone(String),
    /// For the sender that waits: a route's job must end so. Status and body.
    Respond(i32, Vec<u8>),
    Fail(Failure),
}

pub trait Job: Send {
    fn step(&mut self, input: Input) -> Ask;
}

/// Texts are for operators: what, where, what to do; never a secret.
pub enum Failure {
    /// Passing trouble; after what the provider asked for, or zero.
    Retry(String, Duration),
    /// The provider refuses us: needs the operator.
    Refused(String),
    /// Trying again will not help.
    Invalid(String),
}

/// A request to a place that was enrolled as egress.
pub struct HttpRequest {
    method: &'static str,
    url: String,
    headers: Vec<[String; 3]>,
    body: Vec<u8>,
}

impl HttpRequest {
    pub fn new(method: &'static str, url: String) -> Self {
        HttpRequest { method, url, headers: Vec::new(), body: Vec::new() }
    }
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push([name.into(), value.into(), String::new()]);
        self
    }
    /// The host appends the first value of that secret setting; the plugin never sees it.
    pub fn secret_header(mut self, name: &str, prefix: &str, setting: &str) -> Self {
        self.headers.push([name.into(), prefix.into(), setting.into()]);
        self
    }
    pub fn body(mut self, body: Vec<u8>) -> Self {
        self.body = body;
        self
    }
    fn abi_headers(&self) -> Vec<abi::request_header> {
        let text = |s: &String| abi::bytes(s.as_bytes());
        self.headers.iter().map(|[n, v, s]| abi::request_header { name: text(n), value: text(v), secret: text(s) }).collect()
    }
    /// Valid as long as self and the headers stay where they are.
    fn abi(&self, headers: &[abi::request_header]) -> abi::http_request {
        abi::http_request {
            struct_size: std::mem::size_of::<abi::http_request>() as u32,
            flags: 0,
            method: abi::bytes(self.method.as_bytes()),
            url: abi::bytes(self.url.as_bytes()),
            headers: headers.as_ptr(),
            header_count: headers.len(),
            body: abi::bytes(&self.body),
            timeout: 0,
            max_response: 0,
            share_key: abi::NONE,
        }
    }
}

pub struct HttpResponse {
    /// 0 when there was no complete answer; `error` then says why.
    pub status: i32,
    pub error: String,
    /// Whether egress did not allow the request: the operator's matter.
    pub not_allowed: bool,
    pub headers: Vec<(String, Vec<u8>)>,
    pub body: Vec<u8>,
}

impl HttpResponse {
    /// # Safety
    /// `r` must point to a response of the host, valid during the call.
    unsafe fn copy(r: &abi::http_response) -> Self {
        let fields = if r.header_count == 0 { &[] } else { std::slice::from_raw_parts(r.headers, r.header_count) };
        let string = |t| String::from_utf8_lossy(abi::slice(t)).into_owned();
        HttpResponse {
            status: if r.net == 0 { r.http_status } else { 0 },
            error: string(r.error),
            not_allowed: r.net == 1 || r.net == 2,
            headers: fields.iter().map(|h| (string(h.name), abi::slice(h.value).to_vec())).collect(),
            body: abi::slice(r.body).to_vec(),
        }
    }
    /// The first field of that name, ignoring case.
    pub fn header(&self, name: &str) -> Option<&[u8]> {
        self.headers.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, v)| v.as_slice())
    }
    /// The usual meaning of an answer that is not the one wanted. Retry-After counts when it is seconds, up to a day.
    pub fn failure(&self, what: &str) -> Failure {
        let text = format!("{}: status {} {}", what, self.status, self.error);
        let seconds = self.header("Retry-After").and_then(|v| std::str::from_utf8(v).ok()?.parse::<u64>().ok());
        match self.status {
            0 if self.not_allowed => Failure::Refused(text),
            0 | 408 | 425 | 429 | 500..=599 => Failure::Retry(text, Duration::from_secs(seconds.unwrap_or(0).min(86_400))),
            401 | 403 => Failure::Refused(text),
            _ => Failure::Invalid(text),
        }
    }
}

/// A job with the host to report its panics to.
struct Running {
    host: Host,
    job: Box<dyn Job>,
}

pub(crate) fn release(host: Host, job: Box<dyn Job>) -> abi::job {
    abi::job { state: Box::into_raw(Box::new(Running { host, job })) as *mut c_void, step, drop: drop_job }
}

extern "C" fn drop_job(state: *mut c_void) {
    // A destructor that panics must not unwind into the host.
    let _ = std::panic::catch_unwind(|| drop(unsafe { Box::from_raw(state as *mut Running) }));
}

extern "C" fn step(state: *mut c_void, input: *const abi::job_input, turn: *const abi::turn) -> abi::Status {
    // One step at a time per job: nobody else refers to it.
    let (running, input, turn) = unsafe { (&mut *(state as *mut Running), &*input, &*turn) };
    let host = running.host;
    guarded(host, || {
        let input = match input.kind {
            0 => Input::Start,
            1 | 2 => {
                let responses = unsafe { std::slice::from_raw_parts(input.responses, input.response_count) };
                Input::Http(responses.iter().map(|r| unsafe { HttpResponse::copy(&**r) }).collect())
            }
            3 => Input::Slept,
            _ => Input::StatePut(input.status == abi::OK),
        };
        ask(turn, running.job.step(input))
    })
}

fn ask(turn: &abi::turn, ask: Ask) -> abi::Status {
    let finish = |kind: i32, body: &[u8], text: &str, http_status: i32| {
        let result = abi::result {
            struct_size: std::mem::size_of::<abi::result>() as u32,
            kind,
            body: abi::bytes(body),
            content_type: abi::NONE,
            text: abi::bytes(text.as_bytes()),
            http_status,
            flags: 0,
            headers: std::ptr::null(),
            header_count: 0,
            state: std::ptr::null(),
            state_count: 0,
        };
        (turn.finish)(turn.context, &result)
    };
    let millis = |d: Duration| d.as_millis().min(i64::MAX as u128) as i64;
    let fail = |kind, text: String, after| (turn.fail)(turn.context, kind, abi::bytes(text.as_bytes()), millis(after));
    match ask {
        Ask::Http(r) => (turn.http)(turn.context, &r.abi(&r.abi_headers())),
        Ask::HttpAll(all) => {
            let headers: Vec<_> = all.iter().map(|r| r.abi_headers()).collect();
            let requests: Vec<_> = all.iter().zip(&headers).map(|(r, h)| r.abi(h)).collect();
            let pointers: Vec<_> = requests.iter().map(|r| r as *const _).collect();
            (turn.http_all)(turn.context, pointers.as_ptr(), pointers.len())
        }
        Ask::Sleep(d) => (turn.sleep)(turn.context, millis(d)),
        Ask::PutState(entries) => {
            // An empty value has a pointer that is not null; a removed key has none.
            let value = |v: &Option<Vec<u8>>| v.as_ref().map_or(abi::NONE, |v| abi::bytes(v));
            let abi: Vec<_> =
                entries.iter().map(|(k, v)| abi::state_entry { key: abi::bytes(k.as_bytes()), value: value(v) }).collect();
            (turn.put_state)(turn.context, abi.as_ptr(), abi.len())
        }
        Ask::Done => finish(0, &[], "", 0),
        Ask::Document(body) => finish(1, &body, "", 0),
        Ask::Gone(why) => finish(2, &[], &why, 0),
        Ask::Respond(status, body) => finish(3, &body, "", status),
        Ask::Fail(Failure::Retry(text, after)) => fail(0, text, after),
        Ask::Fail(Failure::Refused(text)) => fail(1, text, Duration::ZERO),
        Ask::Fail(Failure::Invalid(text)) => fail(2, text, Duration::ZERO),
    }
}
