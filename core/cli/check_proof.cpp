#include "core/cli/check_proof.hpp"

#include "core/base/encoding.hpp"
#include "core/base/json.hpp"

namespace gh::cli {

namespace {

bool names_signature(const std::string& name) {
    std::string lower = name;
    for (char& c : lower)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
    if (lower == "hash" || lower == "hmac" || lower == "mac") return true;
    return lower.find("signature") != std::string::npos && lower.find("version") == std::string::npos;
}

bool signed_inside(const http::Request& request) {
    const auto body = json::parse(request.body);
    if (!body) return false;
    return std::any_of(body->members.begin(), body->members.end(), [](const auto& m) { return names_signature(m.first); });
}

/// Strings of at least eight characters in the settings: what a header holds of them is a credential.
void collect_strings(const json::Value& v, std::vector<std::string>& out) {
    if (v.kind == json::Kind::string && v.text.size() >= 8) out.push_back(v.text);
    for (const auto& item : v.items) collect_strings(item, out);
    for (const auto& [name, member] : v.members) collect_strings(member, out);
}

bool is_credential(const http::Field& field, const std::vector<std::string>& settings) {
    if (equals_ignoring_case(field.name, "Authorization")) return field.value.starts_with("Bearer ") || field.value.starts_with("Basic ");
    return std::any_of(settings.begin(), settings.end(), [&](const std::string& s) { return field.value.find(s) != std::string::npos; });
}

} // namespace

Proof where_proved(const plugin::Sample& sample, const http::Request& request, const Offer& genuine,
                   const std::vector<std::string>& essential) {
    if (genuine.acceptance.trust == store::Trust::unverified_origin) return Proof::address;
    if (signed_inside(request)) return Proof::body_signature;
    std::vector<std::string> settings;
    if (const auto parsed = json::parse(sample.settings_json)) collect_strings(*parsed, settings);
    for (const auto& field : request.fields)
        if (is_credential(field, settings) && std::find(essential.begin(), essential.end(), field.name) != essential.end())
            return Proof::credential;
    return Proof::header_signature;
}

} // namespace gh::cli
