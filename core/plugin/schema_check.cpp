#include "core/config/config.hpp"
#include "core/plugin/schema.hpp"

#include <algorithm>

namespace gh::plugin {

namespace {

/// std::regex recurses per character: longer values could overflow the stack.
constexpr size_t k_most_matched = 2048;

std::string_view kind_name(const Json& json) {
    switch (json.kind) {
        case Json::Kind::null:
            return "null";
        case Json::Kind::boolean:
            return "boolean";
        case Json::Kind::number:
            return json.text.find_first_of(".eE") == std::string::npos ? "integer" : "number";
        case Json::Kind::string:
            return "string";
        case Json::Kind::array:
            return "array";
        case Json::Kind::object:
            return "object";
    }
    return "null";
}

std::string with_article(const std::string& type) {
    if (type == "null") return "null";
    if (type == "boolean") return "true or false";
    if (type == "integer") return "a whole number";
    if (type == "array") return "a list";
    if (type == "object") return "a mapping";
    return "a " + type;
}

std::string joined(const std::vector<std::string>& words) {
    std::string out;
    for (size_t i = 0; i < words.size(); ++i) out += (i == 0 ? "" : i + 1 == words.size() ? " or " : ", ") + words[i];
    return out;
}

size_t characters(std::string_view utf8) {
    return static_cast<size_t>(std::count_if(utf8.begin(), utf8.end(), [](char c) { return (c & 0xc0) != 0x80; }));
}

/// RFC 3986 in outline: a scheme, a colon, and only characters that a URI may have. Whether it can be reached is the egress rule's matter.
bool looks_like_uri(std::string_view s) {
    const size_t colon = s.find(':');
    if (colon == s.npos || colon == 0 || colon + 1 == s.size()) return false;
    const auto alpha = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
    const auto digit = [](char c) { return c >= '0' && c <= '9'; };
    const auto in_scheme = [&](char c) { return alpha(c) || digit(c) || c == '+' || c == '.' || c == '-'; };
    const auto scheme = s.substr(0, colon);
    if (!alpha(s[0]) || !std::all_of(scheme.begin(), scheme.end(), in_scheme)) return false;
    return std::none_of(s.begin(), s.end(),
                        [](char c) { return c <= ' ' || c >= 0x7f || std::string_view("<>\"{}|\\^`").find(c) != std::string_view::npos; });
}

} // namespace

std::vector<SchemaFault> Schema::check(Json& value) const {
    std::vector<SchemaFault> faults;
    check(value, "", faults);
    return faults;
}

bool Schema::allows(const Json& value) const {
    const auto name = kind_name(value);
    return types_.empty() || std::any_of(types_.begin(), types_.end(),
                                         [&](const std::string& type) { return type == name || (type == "number" && name == "integer"); });
}

void Schema::check(Json& value, const std::string& pointer, std::vector<SchemaFault>& faults) const {
    const auto fault = [&](std::string message) { faults.push_back({pointer, pointer, std::move(message)}); };
    if (!allows(value)) {
        std::vector<std::string> names;
        for (const auto& type : types_) names.push_back(with_article(type));
        const bool quote = value.kind != Json::Kind::array && value.kind != Json::Kind::object && value.kind != Json::Kind::null;
        const bool wants_text = std::find(types_.begin(), types_.end(), "string") != types_.end();
        return fault("must be " + joined(names) + ", not " + with_article(std::string(kind_name(value))) +
                     (quote && wants_text ? "; put the value in quotes" : ""));
    }
    if (!choices_.empty() && std::none_of(choices_.begin(), choices_.end(), [&](const Json& c) { return same_value(c, value); })) {
        std::vector<std::string> names;
        for (const auto& choice : choices_) names.push_back(choice.write());
        return fault("must be " + joined(names));
    }
    switch (value.kind) {
        case Json::Kind::string:
            return check_string(value, pointer, faults);
        case Json::Kind::number:
            return check_number(value, pointer, faults);
        case Json::Kind::array:
            return check_array(value, pointer, faults);
        case Json::Kind::object:
            return check_object(value, pointer, faults);
        default:
            return;
    }
}

void Schema::check_string(const Json& value, const std::string& pointer, std::vector<SchemaFault>& faults) const {
    const auto fault = [&](std::string message) { faults.push_back({pointer, pointer, std::move(message)}); };
    const size_t length = characters(value.text);
    if (write_only_ && value.text.empty()) return fault("is empty; a secret needs a value");
    if (least_length_ && length < *least_length_) fault("must have at least " + std::to_string(*least_length_) + " characters");
    if (most_length_ && length > *most_length_) fault("must have at most " + std::to_string(*most_length_) + " characters");
    if (uri_ && !looks_like_uri(value.text)) fault("must be a URL such as https://api.example.com/path");
    if (!pattern_) return;
    if (value.text.size() > k_most_matched) return fault("must have at most 2048 bytes");
    if (!std::regex_search(value.text, pattern_->compiled)) fault("must match the pattern " + pattern_->text);
}

void Schema::check_number(const Json& value, const std::string& pointer, std::vector<SchemaFault>& faults) const {
    const auto fault = [&](std::string message) { faults.push_back({pointer, pointer, std::move(message)}); };
    if (minimum_ && number_of(value) < number_of(*minimum_)) fault("must be at least " + minimum_->text);
    if (maximum_ && number_of(value) > number_of(*maximum_)) fault("must be at most " + maximum_->text);
}

void Schema::check_array(Json& value, const std::string& pointer, std::vector<SchemaFault>& faults) const {
    const auto fault = [&](std::string message) { faults.push_back({pointer, pointer, std::move(message)}); };
    if (least_items_ && value.items.size() < *least_items_) fault("must have at least " + std::to_string(*least_items_) + " entries");
    if (most_items_ && value.items.size() > *most_items_) fault("must have at most " + std::to_string(*most_items_) + " entries");
    if (write_only_ && value.items.empty()) fault("is empty; a secret needs a value");
    for (size_t i = 0; i < value.items.size(); ++i) {
        const std::string here = pointer + "/" + std::to_string(i);
        if (write_only_ && (value.items[i].kind != Json::Kind::string || value.items[i].text.empty()))
            faults.push_back({here, here, "must be a string with a value: it is a secret"});
        else if (items_)
            items_->check(value.items[i], here, faults);
    }
}

void Schema::check_object(Json& value, const std::string& pointer, std::vector<SchemaFault>& faults) const {
    std::vector<std::string> known;
    for (const auto& [name, schema] : properties_) known.push_back(name);
    for (auto& [name, member] : value.members) {
        const std::string here = pointer + "/" + pointer_token(name);
        if (const Schema* schema = property(name)) {
            schema->check(member, here, faults);
        } else if (others_allowed_ && !*others_allowed_) {
            const auto near = config::nearest(name, known);
            const auto hint = near.empty() ? std::string() : ", did you mean \"" + near + "\"?";
            faults.push_back({here, pointer, "unknown key \"" + name + "\"" + hint});
        }
    }
    for (const auto& [name, schema] : properties_) {
        if (value.member(name)) continue;
        if (schema.default_) {
            value.members.push_back({name, *schema.default_});
        } else if (std::find(required_.begin(), required_.end(), name) != required_.end()) {
            const auto what = schema.description_.empty() ? std::string() : " (" + schema.description_ + ")";
            faults.push_back({pointer, pointer, "\"" + name + "\" is missing" + what});
        }
    }
}

} // namespace gh::plugin
