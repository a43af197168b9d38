#include "hash_form.hpp"

#include <gatehouse/encoding.hpp>

#include <algorithm>

using namespace gatehouse;

namespace twin_ledger {

const std::string_view k_string_forms[2] = {"plain", "json"};
const std::string_view k_number_forms[3] = {"raw", "python", "fixed3"};
const std::string_view k_dictionary_forms[8] = {
    "raw", "json", "json-sorted", "json-utf8", "json-compact", "json-compact-sorted", "json-compact-utf8", "python"};
const std::string_view k_digest_forms[3] = {"hex", "base64", "base64url"};

namespace {

template <class Form, size_t n>
void read(json::value v, const std::string_view (&names)[n], Form& out) {
    for (size_t i = 0; i < n; ++i)
        if (v.text() == names[i]) out = static_cast<Form>(i);
}

template <class Form, size_t n>
std::string_view name(Form f, const std::string_view (&names)[n]) {
    return names[static_cast<size_t>(f)];
}

std::vector<std::string> list(json::value v) {
    std::vector<std::string> out;
    for (const auto e : v.elements()) out.emplace_back(e.text());
    return out;
}

std::string joined(const std::vector<std::string>& names) {
    std::string out;
    for (const auto& n : names) out += (out.empty() ? "" : ", ") + n;
    return out;
}

} // namespace

const std::vector<std::string>& documented_confirmation_order() {
    static const std::vector<std::string> order = {"type", "message", "sent_ts", "confirmation_url", "subscription"};
    return order;
}

const std::vector<std::string>& likely_notification_order() {
    static const std::vector<std::string> order = {"type", "trigger", "message", "twin", "event", "sent_ts", "subscription"};
    return order;
}

hash_form::hash_form(json::value setting) : hash_form() {
    if (setting["order"]) order = list(setting["order"]);
    if (setting["confirmation_order"]) confirmation_order = list(setting["confirmation_order"]);
    read(setting["strings"], k_string_forms, strings);
    read(setting["numbers"], k_number_forms, numbers);
    read(setting["dictionaries"], k_dictionary_forms, dictionaries);
    read(setting["digest"], k_digest_forms, digest);
}

std::string hash_form::yaml(bool confirmation) const {
    std::string out = "hash: {";
    if (!confirmation) out += "order: [" + joined(order) + "], ";
    if (confirmation_order != documented_confirmation_order()) out += "confirmation_order: [" + joined(confirmation_order) + "], ";
    if (strings != string_form::plain) out.append("strings: ").append(name(strings, k_string_forms)).append(", ");
    out.append("numbers: ").append(name(numbers, k_number_forms));
    out.append(", dictionaries: ").append(name(dictionaries, k_dictionary_forms));
    return out.append(", digest: ").append(name(digest, k_digest_forms)).append("}");
}

std::vector<std::string> hash_form::texts(json::value message, bool confirmation) const {
    std::vector<std::string> out;
    for (const auto& member : confirmation ? confirmation_order : order) {
        const json::value v = message[member];
        switch (v.type()) {
            case json::kind::missing:
                out.emplace_back();
                break;
            case json::kind::string:
                out.push_back(string_text(v, strings));
                break;
            case json::kind::number:
                out.push_back(number_text(v.number(), numbers));
                break;
            default:
                out.push_back(dictionary_text(v, dictionaries));
        }
    }
    return out;
}

std::string hash_form::bytes(const blake2b_key& key, json::value message, bool confirmation) const {
    const auto parts = texts(message, confirmation);
    const std::vector<std::string_view> views(parts.begin(), parts.end());
    return key.digest(views);
}

std::string hash_form::hash(const blake2b_key& key, json::value message, bool confirmation) const {
    return encoded(bytes(key, message, confirmation), digest);
}

std::string encoded(std::string_view digest, digest_form f) {
    if (f == digest_form::hex) {
        static constexpr char digits[] = "0123456789abcdef";
        std::string out;
        for (const char c : digest) {
            out += digits[static_cast<unsigned char>(c) >> 4];
            out += digits[static_cast<unsigned char>(c) & 15];
        }
        return out;
    }
    std::string out = to_base64(digest);
    while (!out.empty() && out.back() == '=') out.pop_back();
    if (f == digest_form::base64url)
        for (char& c : out) c = c == '+' ? '-' : c == '/' ? '_' : c;
    return out;
}

std::optional<std::string> decoded(std::string_view text, digest_form f) {
    if (f == digest_form::hex) {
        auto bytes = from_hex(text);
        return bytes && bytes->size() == 32 ? bytes : std::nullopt;
    }
    std::string plain(text);
    for (int padding = 0; padding < 2 && !plain.empty() && plain.back() == '='; ++padding) plain.pop_back();
    if (f == digest_form::base64url)
        for (char& c : plain) c = c == '-' ? '+' : c == '_' ? '/' : c == '+' || c == '/' ? '!' : c;
    plain.append((4 - plain.size() % 4) % 4, '=');
    auto bytes = from_base64(plain);
    return bytes && bytes->size() == 32 ? bytes : std::nullopt;
}

} // namespace twin_ledger
