// Parcel, an imaginary carrier, in C++. It signs the body with HMAC-SHA256, in hexadecimal in the header X-Parcel-Signature. The body is a
// form, "id=n-1&type=parcel.sent&parcel=p-17": a hint; the parcel itself is fetched from https://api.parcel.example/v1/parcels/p-17.
#include <gatehouse/plugin.hpp>
#include <gatehouse/verify/hmac.hpp>

using namespace gatehouse;

namespace {

constexpr std::string_view k_api = "https://api.parcel.example/v1/";
constexpr std::string_view k_schema =
    R"({"type": "object", "additionalProperties": false, "required": ["secret", "api_key"], "properties": {
  "secret": {"type": ["string", "array"], "items": {"type": "string"}, "writeOnly": true, "description": "Signs notifications; several during a rotation"},
  "api_key": {"type": "string", "writeOnly": true, "description": "Key for Parcel's API"}}})";

/// The value of one field: 1 to 40 letters, digits, "-" and ".", not beginning with "." (a path of ".." would leave its place); "" when it
/// is not there or anything else.
std::string_view field(std::string_view form, std::string_view name) {
    while (!form.empty()) {
        const std::string_view pair = form.substr(0, form.find('&'));
        form.remove_prefix(std::min(pair.size() + 1, form.size()));
        const size_t equals = pair.find('=');
        if (equals == std::string_view::npos || pair.substr(0, equals) != name) continue;
        const std::string_view value = pair.substr(equals + 1);
        const auto good = [](char c) {
            return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.';
        };
        return value.size() <= 40 && value.substr(0, 1) != "." && std::all_of(value.begin(), value.end(), good) ? value
                                                                                                                : std::string_view();
    }
    return {};
}

class parcel {
public:
    parcel(host h, const settings&) : host_(h), verifier_("X-Parcel-Signature", "secret") {}

    void enroll(registry& r) {
        r.egress_host("api.parcel.example", 0, "/v1/");
        r.verifier("signature", [this](const request& in) { return verifier_(host_, in); });
        r.route("POST", "", "signature", [](const request& in, const acceptance&) { return announced(in); });
        r.fetch_back("parcel.*", [this](const stored_event& e) { return whole(e); });
        r.operation("status", "Whether Parcel's API is there", "", "", [this](const json::document&) { return get("status"); });
    }

private:
    static outcome announced(const request& in) {
        const std::string_view id = field(in.body(), "id"), type = field(in.body(), "type");
        // Without an id the signature tells notifications apart: it is a digest of the body.
        return event(id.empty() ? *in.header("X-Parcel-Signature") : id, type.empty() ? "unknown" : type)
            .subject(field(in.body(), "parcel"));
    }

    job<result> whole(const stored_event& e) const {
        if (e.subject().empty()) co_return failure::invalid("the notification names no parcel");
        co_return co_await get("parcels/" + e.subject());
    }

    job<result> get(std::string what) const {
        const auto answer = co_await http::get(std::string(k_api) + what).secret_header("Authorization", "Bearer ", "api_key");
        if (answer.status() == 404) co_return gone(what + " is not there");
        if (answer.status() != 200) co_return http::to_failure(answer, "GET " + what, host_.now());
        co_return document(answer.body());
    }

    host host_;
    verify::hmac_header verifier_;
};

constexpr std::string_view k_settings = R"({"secret": "parcel-sample-secret", "api_key": "k"})";
constexpr std::string_view k_head =
    "POST /sample HTTP/1.1\nHost: hooks.example\nX-Parcel-Signature: "
    "01e5df8ef5930223238fc6591c695a4c7f8ec294489e3e264dbff505fe7e6906\nContent-Length: ";

std::vector<sample> samples() {
    const std::string head(k_head);
    const time_point at = at_seconds(1767225600);
    return {sample::accept("sent", k_settings, at, head + "35\n\nid=n-1&type=parcel.sent&parcel=p-17", "parcel.sent"),
            sample::refuse("changed body", k_settings, at, head + "35\n\nid=n-1&type=parcel.sent&parcel=p-18", "signature_mismatch"),
            sample::refuse("no signature", k_settings, at, "POST /sample HTTP/1.1\nHost: hooks.example\n\n", "header_missing")};
}

} // namespace

GATEHOUSE_PLUGIN(parcel,
                 {.name = "parcel-cpp", .version = "1.0.0", .summary = "Parcel, in C++", .settings_schema = k_schema, .samples = samples})
