// Any topic of Amazon SNS, by configuration only. All that concerns SNS is in gatehouse/verify/sns.hpp; here is what an event is made of.
#include <gatehouse/json_pointer.hpp>
#include <gatehouse/plugin.hpp>
#include <gatehouse/verify/sns.hpp>

#include "plugin_samples.hpp"

using namespace gatehouse;

namespace {

constexpr std::string_view k_own_settings = R"({
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "type": "object",
  "additionalProperties": false,
  "properties": {
    "delivery": {"enum": ["enveloped", "raw"], "default": "enveloped",
      "description": "What the subscription's attribute RawMessageDelivery says; raw messages are not signed"},
    "type_pointer": {"type": "string", "maxLength": 500,
      "description": "JSON Pointer (RFC 6901) to the event's type inside the message; without it the Subject is the type"},
    "subject_pointer": {"type": "string", "maxLength": 500,
      "description": "JSON Pointer to what the event is about: coalescing and ordering go by it"},)";
constexpr std::string_view k_end = "}}";
constexpr std::string_view k_schema = joined<k_own_settings, sns::k_settings, sns::k_raw_settings, k_end>;

/// A type that routes can be written for: no spaces, not too long.
bool is_type(std::string_view s) {
    return !s.empty() && s.size() <= 200 && std::all_of(s.begin(), s.end(), [](char c) { return c > 0x20 && c < 0x7f; });
}

class sns_source {
public:
    sns_source(host h, const settings& s)
        : sns_(h, s, s["delivery"].text() == "raw" ? sns::delivery::raw : sns::delivery::enveloped),
          type_pointer_(pointer(s, "type_pointer")),
          subject_pointer_(pointer(s, "subject_pointer")) {}

    void enroll(registry& r) {
        sns_.enroll(r);
        r.verifier("sns", [this](const request& in) { return sns_.verify(in); });
        r.route(
            "POST", "", "sns", [this](const request& in, const acceptance&) { return notified(in); }, sns::k_max_body);
    }

private:
    static std::optional<std::string> pointer(const settings& s, const char* name) {
        if (!s[name]) return std::nullopt;
        if (!json::is_pointer(s[name].text())) throw setting_error(name, "is not a JSON Pointer, such as /detail/type");
        return std::string(s[name].text());
    }
    /// The string or number there; "" for anything else.
    static std::string find(const json::document& message, const std::optional<std::string>& where) {
        if (!where) return {};
        const json::value v = json::at_pointer(message.root(), *where);
        return std::string(v.is_string() ? v.text() : v.number());
    }

    outcome notified(const request& in) const {
        if (auto handshake = sns_.handshake(in)) return std::move(*handshake);
        std::optional<sns::envelope> e;
        if (!sns_.raw()) e = sns::receiver::envelope_of(in);
        const json::document message = json::parse(e ? e->message() : in.body());
        std::string type = type_pointer_ || !e ? find(message, type_pointer_) : std::string(e->subject().value_or(""));
        if (!is_type(type)) type = "sns.notification";
        std::string subject = find(message, subject_pointer_);
        if (subject.size() > 1024) subject.clear();
        event out = event(sns::receiver::message_id_of(in), type).subject(subject).ordering_key(subject).answer(200);
        // A repeated envelope may carry a newer certificate's URL and signature; a raw body stays as it was.
        if (e) out = std::move(out).occurred_at(e->timestamp()).body_may_vary();
        return out;
    }

    sns::receiver sns_;
    std::optional<std::string> type_pointer_, subject_pointer_;
};

} // namespace

GATEHOUSE_PLUGIN(sns_source, {.name = "sns",
                              .version = "1.0.0",
                              .summary = "Amazon SNS: messages of any topic, verified",
                              .settings_schema = k_schema,
                              .samples = sns_samples::samples})
