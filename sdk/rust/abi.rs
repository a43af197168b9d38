//! gatehouse/abi.h, member for member. Raw: use the safe layer (lib.rs) over it.
#![allow(non_camel_case_types, dead_code)]

use std::os::raw::c_void;

pub type Status = i32;
pub const OK: Status = 0;
pub const FAILED: Status = 1;
pub const INVALID: Status = 4;

pub const ABI_MINOR: u32 = 0;
pub const NO_TIME: i64 = i64::MIN;

macro_rules! structs {
    ($(struct $name:ident: $size:literal { $($member:ident: $type:ty,)* })*) => {
        $(
            #[repr(C)]
            #[derive(Clone, Copy)]
            pub struct $name { $(pub $member: $type,)* }
            // The sizes of ABI 1.0 on a 64-bit system: a member left out or of a wrong type does not compile.
            const _: () = assert!(std::mem::size_of::<$name>() == $size);
        )*
    };
}

structs! {
    struct text: 16 { data: *const u8, size: usize, }
    struct header: 32 { name: text, value: text, }
    struct request_header: 48 { name: text, value: text, secret: text, }
    struct state_entry: 32 { key: text, value: text, }
    struct sink: 16 { context: *mut c_void, write: extern "C" fn(*mut c_void, *const c_void, usize), }

    struct host: 80 {
        struct_size: u32, abi_minor: u32, context: *mut c_void,
        log: extern "C" fn(*mut c_void, i32, text),
        fail: extern "C" fn(*mut c_void, text),
        now: extern "C" fn(*mut c_void) -> i64,
        secret_count: extern "C" fn(*mut c_void, text) -> u32,
        secret: extern "C" fn(*mut c_void, text, u32, *const sink) -> Status,
        hmac: extern "C" fn(*mut c_void, i32, i32, text, u32, *const text, usize, *mut u8, usize) -> Status,
        get_state: extern "C" fn(*mut c_void, text, *const sink) -> Status,
        get_interface: extern "C" fn(*mut c_void, text) -> *const c_void,
    }
    struct request: 128 {
        struct_size: u32, flags: u32, method: text, target: text, path: text, query: text,
        headers: *const header, header_count: usize, body: text, remote: text, received_at: i64,
    }
    struct acceptance: 48 {
        struct_size: u32, trust: u32, signed_at: i64, tolerance_past: i64, tolerance_future: i64, replay_id: text,
    }
    struct refusal: 56 {
        struct_size: u32, http_status: i32, code: text, hint: text, headers: *const header, header_count: usize,
    }
    struct event: 88 {
        struct_size: u32, flags: u32, dedupe_key: text, kind: text, subject: text, ordering_key: text,
        occurred_at: i64, http_status: i32, trust: u32,
    }
    struct response: 56 {
        struct_size: u32, http_status: i32, headers: *const header, header_count: usize, body: text,
        state: *const state_entry, state_count: usize,
    }
    struct job: 24 {
        state: *mut c_void,
        step: extern "C" fn(*mut c_void, *const job_input, *const turn) -> Status,
        drop: extern "C" fn(*mut c_void),
    }
    struct http_response: 64 {
        struct_size: u32, net: i32, http_status: i32, flags: u32, error: text,
        headers: *const header, header_count: usize, body: text,
    }
    struct http_request: 104 {
        struct_size: u32, flags: u32, method: text, url: text, headers: *const request_header, header_count: usize,
        body: text, timeout: i64, max_response: u64, share_key: text,
    }
    struct job_input: 32 {
        struct_size: u32, kind: i32, responses: *const *const http_response, response_count: usize, status: Status, flags: u32,
    }
    struct result: 96 {
        struct_size: u32, kind: i32, body: text, content_type: text, text: text, http_status: i32, flags: u32,
        headers: *const header, header_count: usize, state: *const state_entry, state_count: usize,
    }
    struct turn: 64 {
        struct_size: u32, flags: u32, context: *mut c_void,
        http: extern "C" fn(*mut c_void, *const http_request) -> Status,
        http_all: extern "C" fn(*mut c_void, *const *const http_request, usize) -> Status,
        sleep: extern "C" fn(*mut c_void, i64) -> Status,
        put_state: extern "C" fn(*mut c_void, *const state_entry, usize) -> Status,
        finish: extern "C" fn(*mut c_void, *const result) -> Status,
        fail: extern "C" fn(*mut c_void, i32, text, i64) -> Status,
    }
    struct verify_answer: 40 {
        struct_size: u32, flags: u32, context: *mut c_void,
        accept: extern "C" fn(*mut c_void, *const acceptance) -> Status,
        refuse: extern "C" fn(*mut c_void, *const refusal) -> Status,
        need: extern "C" fn(*mut c_void, *const job) -> Status,
    }
    struct verifier: 40 {
        struct_size: u32, flags: u32, name: text,
        verify: extern "C" fn(*mut c_void, *const request, *const verify_answer) -> Status, user: *mut c_void,
    }
    struct handle_answer: 48 {
        struct_size: u32, flags: u32, context: *mut c_void,
        event: extern "C" fn(*mut c_void, *const event) -> Status,
        respond: extern "C" fn(*mut c_void, *const response) -> Status,
        job: extern "C" fn(*mut c_void, *const job) -> Status,
        refuse: extern "C" fn(*mut c_void, *const refusal) -> Status,
    }
    struct route: 80 {
        struct_size: u32, flags: u32, method: text, path: text, verifier: text, max_body: u64,
        handle: extern "C" fn(*mut c_void, *const request, *const acceptance, *const handle_answer) -> Status, user: *mut c_void,
    }
    struct stored_event: 112 {
        struct_size: u32, attempt: u32, id: text, kind: text, subject: text, dedupe_key: text, ordering_key: text,
        received_at: i64, occurred_at: i64, request: *const request,
    }
    struct fetch_back: 40 {
        struct_size: u32, flags: u32, type_pattern: text,
        begin: extern "C" fn(*mut c_void, *const stored_event, *mut job) -> Status, user: *mut c_void,
    }
    struct operation: 88 {
        struct_size: u32, flags: u32, name: text, summary: text, arguments_schema: text, kind: text,
        begin: extern "C" fn(*mut c_void, text, *mut job) -> Status, user: *mut c_void,
    }
    struct egress: 56 { struct_size: u32, port: u32, setting: text, host: text, path_prefix: text, }
    struct sample: 80 {
        struct_size: u32, expect: i32, name: text, settings: text, request: text, at: i64, code: text,
    }
    struct registry: 56 {
        struct_size: u32, flags: u32, context: *mut c_void,
        verifier: extern "C" fn(*mut c_void, *const verifier) -> Status,
        route: extern "C" fn(*mut c_void, *const route) -> Status,
        fetch_back: extern "C" fn(*mut c_void, *const fetch_back) -> Status,
        operation: extern "C" fn(*mut c_void, *const operation) -> Status,
        egress: extern "C" fn(*mut c_void, *const egress) -> Status,
    }
    struct hello: 40 {
        struct_size: u32, abi_minor: u32, host_version: text, context: *mut c_void, fail: extern "C" fn(*mut c_void, text),
    }
    struct settings: 56 { struct_size: u32, flags: u32, name: text, json: text, path: text, }
    struct plugin: 120 {
        struct_size: u32, abi_minor_built: u32, abi_minor_needed: u32, flags: u32,
        name: text, version: text, summary: text, settings_schema: text,
        open_source: extern "C" fn(*const host, *const settings, *mut *mut c_void) -> Status,
        enroll: extern "C" fn(*mut c_void, *const registry) -> Status,
        close_source: extern "C" fn(*mut c_void),
        samples: *const *const sample, sample_count: usize,
    }
}

/// gatehouse_bytes has the same members as gatehouse_text.
pub fn bytes(b: &[u8]) -> text {
    text { data: b.as_ptr(), size: b.len() }
}
pub const NONE: text = text { data: std::ptr::null(), size: 0 };

/// # Safety
/// The text must stay valid and unchanged for as long as the caller uses the slice.
pub unsafe fn slice<'a>(t: text) -> &'a [u8] {
    if t.size == 0 { &[] } else { std::slice::from_raw_parts(t.data, t.size) }
}
