#include "core/plugin/json.hpp"

#include "core/base/encoding.hpp"
#include "core/base/json.hpp"

#include <openssl/crypto.h>

#include <algorithm>
#include <cstdlib>

namespace gh::plugin {

namespace {

constexpr Json::Kind kind_of(json::Kind kind) {
    switch (kind) {
        case json::Kind::null:
            return Json::Kind::null;
        case json::Kind::boolean:
            return Json::Kind::boolean;
        case json::Kind::number:
            return Json::Kind::number;
        case json::Kind::string:
            return Json::Kind::string;
        case json::Kind::array:
            return Json::Kind::array;
        case json::Kind::object:
            return Json::Kind::object;
    }
    return Json::Kind::null;
}

/// Copies the tree and wipes the one it came from. False when a member is given twice.
bool take(json::Value& from, Json& to) {
    to.kind = kind_of(from.kind);
    to.truth = from.boolean;
    to.text = from.text;
    OPENSSL_cleanse(from.text.data(), from.text.size());
    bool unique = true;
    for (auto& item : from.items) unique = take(item, to.items.emplace_back()) && unique;
    for (auto& [name, value] : from.members) {
        unique = unique && !to.member(name);
        to.members.push_back({name, {}});
        unique = take(value, to.members.back().value) && unique;
    }
    return unique;
}

void write_to(std::string& out, const Json& json) {
    switch (json.kind) {
        case Json::Kind::null:
            out += "null";
            return;
        case Json::Kind::boolean:
            out += json.truth ? "true" : "false";
            return;
        case Json::Kind::number:
            out += json.text;
            return;
        case Json::Kind::string:
            out += json_quote(json.text);
            return;
        case Json::Kind::array:
            out += '[';
            for (size_t i = 0; i < json.items.size(); ++i) {
                if (i > 0) out += ',';
                write_to(out, json.items[i]);
            }
            out += ']';
            return;
        case Json::Kind::object:
            out += '{';
            for (size_t i = 0; i < json.members.size(); ++i) {
                if (i > 0) out += ',';
                out += json_quote(json.members[i].name) + ":";
                write_to(out, json.members[i].value);
            }
            out += '}';
    }
}

} // namespace

Json::~Json() {
    OPENSSL_cleanse(text.data(), text.capacity());
}

const Json* Json::member(std::string_view name) const {
    const auto found = std::find_if(members.begin(), members.end(), [&](const JsonMember& m) { return m.name == name; });
    return found == members.end() ? nullptr : &found->value;
}

Json* Json::member(std::string_view name) {
    return const_cast<Json*>(std::as_const(*this).member(name));
}

const Json* Json::at(std::string_view pointer) const {
    const Json* here = this;
    for (bool more = true; more && here;) {
        const size_t slash = pointer.find('/');
        std::string token(pointer.substr(0, slash));
        more = slash != pointer.npos;
        pointer.remove_prefix(more ? slash + 1 : pointer.size());
        for (const auto& [from, to] : {std::pair{"~1", "/"}, std::pair{"~0", "~"}})
            for (size_t i = 0; (i = token.find(from, i)) != token.npos; ++i) token.replace(i, 2, to);
        if (here->kind == Kind::array) {
            const bool number = !token.empty() && token.size() < 6 && token.find_first_not_of("0123456789") == token.npos;
            const size_t index = number ? std::stoul(token) : here->items.size();
            here = index < here->items.size() ? &here->items[index] : nullptr;
        } else {
            here = here->member(token);
        }
    }
    return here;
}

Result<Json> Json::parse(std::string_view text) {
    auto parsed = json::parse(text);
    if (!parsed) return parsed.error();
    Json out;
    if (!take(*parsed, out)) return Error{"a member of a JSON object is given twice"};
    return out;
}

std::string Json::write() const {
    std::string out;
    write_to(out, *this);
    return out;
}

long double number_of(const Json& json) {
    return std::strtold(json.text.c_str(), nullptr);
}

bool same_value(const Json& a, const Json& b) {
    if (a.kind != b.kind) return false;
    switch (a.kind) {
        case Json::Kind::null:
            return true;
        case Json::Kind::boolean:
            return a.truth == b.truth;
        case Json::Kind::number:
            return a.text == b.text || number_of(a) == number_of(b);
        case Json::Kind::string:
            return a.text == b.text;
        case Json::Kind::array:
            return std::equal(a.items.begin(), a.items.end(), b.items.begin(), b.items.end(), same_value);
        case Json::Kind::object:
            return a.members.size() == b.members.size() && std::all_of(a.members.begin(), a.members.end(), [&](const JsonMember& m) {
                       const Json* other = b.member(m.name);
                       return other && same_value(m.value, *other);
                   });
    }
    return false;
}

std::string pointer_token(std::string_view name) {
    std::string out;
    for (const char c : name) {
        if (c == '~')
            out += "~0";
        else if (c == '/')
            out += "~1";
        else
            out += c;
    }
    return out;
}

} // namespace gh::plugin
