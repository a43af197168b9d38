//! Parcel, an imaginary carrier, in Rust. It signs the body with HMAC-SHA256, in hexadecimal in the header X-Parcel-Signature. The body is a
//! form, "id=n-1&type=parcel.sent&parcel=p-17": a hint; the parcel itself is fetched from https://api.parcel.example/v1/parcels/p-17.

use gatehouse::*;

const API: &str = "https://api.parcel.example/v1/";
const SCHEMA: &str = r#"{"type": "object", "additionalProperties": false, "required": ["secret", "api_key"], "properties": {
  "secret": {"type": ["string", "array"], "items": {"type": "string"}, "writeOnly": true, "description": "Signs notifications; several during a rotation"},
  "api_key": {"type": "string", "writeOnly": true, "description": "Key for Parcel's API"}}}"#;

struct Parcel {
    host: Host,
}

impl Source for Parcel {
    fn open(host: Host, _: &Settings) -> Result<Self, String> {
        Ok(Parcel { host })
    }
    fn enroll(r: &mut Registry<Self>) {
        r.egress_host("api.parcel.example", 0, "/v1/");
        r.verifier("signature", Parcel::verify);
        r.route("POST", "", "signature", 0, Parcel::announced);
        r.fetch_back("parcel.*", Parcel::whole);
        r.operation("status", "Whether Parcel's API is there", "", "", |_, _| Box::new(Get("status".into())));
    }
}

/// The value of one field: 1 to 40 letters, digits, "-" and ".", not beginning with "." (a path of ".." would leave its place); "" when it
/// is not there or anything else.
fn field(form: &[u8], name: &str) -> String {
    let value = form.split(|c| *c == b'&').find_map(|pair| pair.strip_prefix(name.as_bytes())?.strip_prefix(b"=")).unwrap_or(b"");
    let good = value.len() <= 40 && !value.starts_with(b".") && value.iter().all(|c| c.is_ascii_alphanumeric() || *c == b'-' || *c == b'.');
    if good { String::from_utf8_lossy(value).into_owned() } else { String::new() }
}

fn from_hex(text: &[u8]) -> Option<Vec<u8>> {
    let digit = |c: u8| (c as char).to_digit(16);
    text.chunks(2).map(|p| Some((digit(p[0])? << 4 | digit(*p.get(1)?)?) as u8)).collect()
}

fn no(code: &'static str, hint: &str) -> Verdict {
    Verdict::Refuse(Refusal { http_status: 401, code, hint: hint.into() })
}

impl Parcel {
    fn verify(&self, request: &Request) -> Verdict {
        let given = request.header("X-Parcel-Signature");
        if given.is_empty() {
            return no("header_missing", "X-Parcel-Signature is missing");
        }
        if given.len() != 1 {
            return no("header_malformed", "X-Parcel-Signature is there more than once");
        }
        let signature = match from_hex(given[0]) {
            Some(bytes) if bytes.len() == 32 => bytes,
            _ => return no("signature_malformed", "X-Parcel-Signature is not 64 hexadecimal digits"),
        };
        for i in 0..self.host.secret_count("secret") {
            match self.host.hmac_sha256("secret", i, &[request.body()]) {
                Some(digest) if equal_constant_time(&digest, &signature) => return Verdict::Accept(Acceptance::default()),
                Some(_) => continue,
                None => return Verdict::Fault("setting \"secret\" has a value that is not a key".into()),
            }
        }
        no("signature_mismatch", "is \"secret\" the one that Parcel shows?")
    }

    fn announced(&self, request: &Request) -> Outcome {
        let or = |value: String, other: &[u8]| if value.is_empty() { String::from_utf8_lossy(other).into_owned() } else { value };
        Outcome::Event(Event {
            // Without an id the signature tells notifications apart: it is a digest of the body.
            dedupe_key: or(field(request.body(), "id"), request.header("X-Parcel-Signature")[0]),
            kind: or(field(request.body(), "type"), b"unknown"),
            subject: field(request.body(), "parcel"),
            ..Event::default()
        })
    }

    fn whole(&self, event: &StoredEvent) -> Box<dyn Job> {
        if event.subject().is_empty() {
            return Box::new(Failure::Invalid("the notification names no parcel".into()));
        }
        Box::new(Get(format!("parcels/{}", event.subject())))
    }
}

/// One GET.
struct Get(String);

impl Job for Get {
    fn step(&mut self, input: Input) -> Ask {
        match input {
            Input::Http(responses) => match responses[0].status {
                200 => Ask::Document(responses[0].body.clone()),
                404 => Ask::Gone(format!("{} is not there", self.0)),
                _ => Ask::Fail(responses[0].failure(&format!("GET {}", self.0))),
            },
            _ => Ask::Http(HttpRequest::new("GET", format!("{}{}", API, self.0)).secret_header("Authorization", "Bearer ", "api_key")),
        }
    }
}

const SETTINGS: &str = r#"{"secret": "parcel-sample-secret", "api_key": "k"}"#;
macro_rules! sample {
    ($name:literal, $head:literal, $body:literal, $expect:expr) => {
        Sample {
            name: $name,
            settings: SETTINGS,
            request: concat!("POST /sample HTTP/1.1\nHost: hooks.example\n", $head, "\n", $body),
            at: 1767225600000,
            expect: $expect,
        }
    };
}
const SAMPLES: &[Sample] = &[
    sample!("sent", "X-Parcel-Signature: 01e5df8ef5930223238fc6591c695a4c7f8ec294489e3e264dbff505fe7e6906\nContent-Length: 35\n", "id=n-1&type=parcel.sent&parcel=p-17", Ok("parcel.sent")),
    sample!("changed body", "X-Parcel-Signature: 01e5df8ef5930223238fc6591c695a4c7f8ec294489e3e264dbff505fe7e6906\nContent-Length: 35\n", "id=n-1&type=parcel.sent&parcel=p-18", Err("signature_mismatch")),
    sample!("no signature", "", "", Err("header_missing")),
];

plugin!(Parcel, Plugin { name: "parcel-rust", version: "1.0.0", summary: "Parcel, in Rust", settings_schema: SCHEMA, samples: SAMPLES });
