#include "core/cli/check_arguments.hpp"

#include "core/base/json.hpp"

namespace gh::cli {

namespace {

/// Which text an unspecified string becomes.
enum class Odd { plain, path, unicode };

bool is_type(const json::Value& schema, std::string_view wanted) {
    const auto* type = schema.find("type");
    if (!type) return wanted == "string";
    if (type->kind == json::Kind::string) return type->text == wanted;
    return std::any_of(type->items.begin(), type->items.end(), [&](const auto& t) { return t.text == wanted; });
}

int64_t number(const json::Value& schema, std::string_view name, int64_t otherwise) {
    const auto* value = schema.find(name);
    return value && value->kind == json::Kind::number ? schema.integer_of(name) : otherwise;
}

std::string text_for(const json::Value& schema, std::string_view name, Odd odd) {
    const auto format = schema.text_of("format");
    if (format == "uri") return "https://hooks.example/hooks/check";
    if (format == "date-time" || name == "since" || name == "start") return "2026-01-01T00:00:00Z";
    if (name == "until" || name == "end") return "2026-01-02T00:00:00Z";
    std::string text = odd == Odd::path ? "../%2e%2e/a?b#c" : odd == Odd::unicode ? "\xc3\xa4 \xf0\x9f\x90\x9e\n\"\\" : "check-1";
    const auto least = static_cast<size_t>(std::max<int64_t>(0, number(schema, "minLength", 0)));
    const auto most = static_cast<size_t>(std::max<int64_t>(0, number(schema, "maxLength", 1000)));
    while (text.size() < least && text.size() < 10'000) text += "1";
    if (text.size() > most) text.resize(most);
    return text;
}

void write_value(json::Writer& w, const json::Value& schema, std::string_view name, bool all, Odd odd, int depth) {
    if (const auto* value = schema.find("const")) return void(w.raw(value->raw));
    if (const auto* choices = schema.find("enum"); choices && !choices->items.empty()) return void(w.raw(choices->items.front().raw));
    if (is_type(schema, "object")) {
        w.object();
        const auto* properties = schema.find("properties");
        const auto* required = schema.find("required");
        const auto needed = [&](const std::string& key) {
            return required && std::any_of(required->items.begin(), required->items.end(), [&](const auto& r) { return r.text == key; });
        };
        if (properties && depth < 8)
            for (const auto& [key, inner] : properties->members)
                if (all || needed(key)) write_value(w.name(key), inner, key, all, odd, depth + 1);
        w.end();
    } else if (is_type(schema, "array")) {
        w.array();
        const auto* items = schema.find("items");
        const int64_t least = std::max<int64_t>(number(schema, "minItems", 0), all ? 1 : 0);
        for (int64_t i = 0; items && i < std::min<int64_t>(least, 8) && depth < 8; ++i) write_value(w, *items, name, all, odd, depth + 1);
        w.end();
    } else if (is_type(schema, "string")) {
        w.value(text_for(schema, name, odd));
    } else if (is_type(schema, "integer") || is_type(schema, "number")) {
        w.value(std::max<int64_t>(number(schema, "minimum", 1), std::min<int64_t>(1, number(schema, "maximum", 1))));
    } else if (is_type(schema, "boolean")) {
        w.value(true);
    } else {
        w.null();
    }
}

} // namespace

std::vector<std::string> arguments_for(std::string_view schema_json) {
    if (schema_json.empty()) return {"{}"};
    const auto schema = json::parse(schema_json);
    if (!schema) return {"{}"};
    std::vector<std::string> out;
    for (const auto& [all, odd] : {std::pair{false, Odd::plain}, {true, Odd::plain}, {true, Odd::path}, {true, Odd::unicode}}) {
        json::Writer w;
        write_value(w, *schema, "", all, odd, 0);
        auto text = w.take();
        if (std::find(out.begin(), out.end(), text) == out.end()) out.push_back(std::move(text));
    }
    return out;
}

} // namespace gh::cli
