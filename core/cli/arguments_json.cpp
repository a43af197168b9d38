#include "core/cli/arguments_json.hpp"

#include "core/cli/command.hpp"

#include <algorithm>

namespace gh::cli {

namespace {

/// The first of the schema's types that is not null; "" when it tells none.
std::string type_of(const json::Value* schema) {
    const json::Value* type = schema ? schema->find("type") : nullptr;
    if (!type) return {};
    if (type->kind == json::Kind::string) return type->text;
    // Given several, the widest one that a word can always be.
    for (const char* wanted : {"array", "object", "string"})
        for (const auto& one : type->items)
            if (one.text == wanted) return one.text;
    return type->items.empty() ? std::string() : type->items.front().text;
}

bool may_be(const json::Value* schema, std::string_view wanted) {
    const json::Value* type = schema ? schema->find("type") : nullptr;
    if (!type) return false;
    if (type->text == wanted) return true;
    return std::any_of(type->items.begin(), type->items.end(), [&](const auto& one) { return one.text == wanted; });
}

std::string quoted(const std::string& text) {
    json::Writer w;
    w.value(text);
    return w.take();
}

[[noreturn]] void does_not_fit(const std::string& name, const std::string& what) {
    usage("the argument " + name + " must be " + what + ".");
}

std::string list_of(const std::string& name, const std::string& text, const json::Value* items);

std::string value_of(const std::string& name, const std::string& text, const json::Value* schema) {
    const std::string type = type_of(schema);
    const auto parsed = json::parse(text);
    if (type == "string") return quoted(text);
    if (type == "boolean") {
        if (text != "true" && text != "false") does_not_fit(name, "true or false");
        return text;
    }
    if (type == "integer" || type == "number") {
        if (!parsed || parsed->kind != json::Kind::number) does_not_fit(name, "a number");
        return text;
    }
    if (type == "array") {
        if (may_be(schema, "string") && text.find(',') == std::string::npos && !text.starts_with('[')) return quoted(text);
        return list_of(name, text, schema->find("items"));
    }
    if (type == "object") {
        if (!parsed || parsed->kind != json::Kind::object) does_not_fit(name, "a JSON object, such as {\"a\":1}");
        return text;
    }
    // No type told: what looks like JSON on purpose is JSON.
    return parsed && parsed->kind != json::Kind::string ? text : quoted(text);
}

std::string list_of(const std::string& name, const std::string& text, const json::Value* items) {
    if (text.starts_with('[')) {
        if (!json::is_json(text)) does_not_fit(name, "a list: a,b,c or a JSON array");
        return text;
    }
    json::Writer w;
    w.array();
    for (size_t begin = 0; begin <= text.size() && !text.empty();) {
        const size_t end = std::min(text.find(',', begin), text.size());
        w.raw(value_of(name, text.substr(begin, end - begin), items));
        begin = end + 1;
    }
    w.end();
    return w.take();
}

const json::Value* property(const json::Value* schema, const std::string& name) {
    const json::Value* all = schema ? schema->find("properties") : nullptr;
    return all ? all->find(name) : nullptr;
}

void check_known(const json::Value* schema, const std::string& name) {
    const json::Value* all = schema ? schema->find("properties") : nullptr;
    const json::Value* others = schema ? schema->find("additionalProperties") : nullptr;
    if (!all || all->find(name) || (others && !(others->kind == json::Kind::boolean && !others->boolean))) return;
    std::vector<std::string> known;
    for (const auto& [one, value] : all->members) known.push_back(one);
    const std::string near = config::nearest(name, known);
    const std::string takes = shown_arguments(schema);
    usage("the operation has no argument \"" + name + "\"" + (near.empty() ? "." : ", did you mean \"" + near + "\"?") +
          (takes.empty() ? " It takes none." : " It takes: " + takes + "."));
}

std::string spoken_type(const json::Value& schema) {
    const std::string type = type_of(&schema);
    if (const json::Value* choices = schema.find("enum"); choices && choices->kind == json::Kind::array) {
        std::string out;
        for (const auto& c : choices->items) (out += out.empty() ? "" : "|") += c.text.empty() ? std::string(c.raw) : c.text;
        return out;
    }
    if (type == "string") return schema.text_of("format") == "date-time" ? "time" : "text";
    if (type == "array") {
        const json::Value* items = schema.find("items");
        return items ? "list of " + spoken_type(*items) : "list";
    }
    if (type == "boolean") return "true|false";
    return type.empty() ? "anything" : type == "integer" ? "whole number" : type;
}

} // namespace

std::string arguments_json(const std::vector<std::string>& words, const json::Value* schema) {
    std::vector<std::pair<std::string, std::string>> plain;
    std::vector<std::pair<std::string, std::vector<std::pair<std::string, std::string>>>> nested;
    std::vector<std::string> seen;
    for (const auto& word : words) {
        const size_t equals = word.find('=');
        if (equals == 0 || equals == std::string::npos) usage("\"" + word + "\" is no NAME=VALUE; JSON goes behind --arguments.");
        std::string name = word.substr(0, equals);
        const std::string value = word.substr(equals + 1);
        if (std::find(seen.begin(), seen.end(), name) != seen.end()) usage("the argument " + name + " is given more than once.");
        seen.push_back(name);
        const size_t dot = name.find('.');
        if (dot == std::string::npos || property(schema, name)) {
            check_known(schema, name);
            plain.emplace_back(name, value_of(name, value, property(schema, name)));
            continue;
        }
        const std::string outer = name.substr(0, dot), inner = name.substr(dot + 1);
        check_known(schema, outer);
        const json::Value* inside = property(schema, outer);
        check_known(inside, inner);
        auto at = std::find_if(nested.begin(), nested.end(), [&](const auto& n) { return n.first == outer; });
        if (at == nested.end()) at = nested.insert(nested.end(), {outer, {}});
        at->second.emplace_back(inner, value_of(name, value, property(inside, inner)));
    }
    json::Writer w;
    w.object();
    for (const auto& [name, value] : plain) w.name(name).raw(value);
    for (const auto& [name, members] : nested) {
        w.name(name).object();
        for (const auto& [inner, value] : members) w.name(inner).raw(value);
        w.end();
    }
    w.end();
    return w.take();
}

std::string shown_arguments(const json::Value* schema) {
    const json::Value* all = schema ? schema->find("properties") : nullptr;
    if (!all) return {};
    const json::Value* required = schema->find("required");
    std::string out;
    for (const auto& [name, one] : all->members) {
        const bool needed =
            required && std::any_of(required->items.begin(), required->items.end(), [&](const auto& r) { return r.text == name; });
        (out += out.empty() ? "" : ", ") += name + " (" + spoken_type(one) + (needed ? ", needed)" : ")");
    }
    return out;
}

} // namespace gh::cli
