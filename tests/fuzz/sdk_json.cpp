// The SDK's JSON reader: no input may break it, and what it accepts must read the same again from its raw bytes and from what we write.
#include <gatehouse/json.hpp>

#include <cstdlib>

namespace json = gatehouse::json;

namespace {

void require(bool ok) {
    if (!ok) std::abort();
}

void walk(json::value v) {
    require(static_cast<bool>(v));
    const json::document again = json::parse(v.raw());
    require(static_cast<bool>(again) && again.root().type() == v.type() && again.root().size() == v.size());
    switch (v.type()) {
        case json::kind::string: {
            require(json::is_utf8(v.text()));
            const json::document written = json::parse(json::quote(v.text()));
            require(static_cast<bool>(written) && written.root().text() == v.text());
            break;
        }
        case json::kind::number:
            require(!v.number().empty() && (!v.integer() || v.number().find('.') == std::string_view::npos));
            break;
        case json::kind::boolean:
            require(v.boolean().has_value());
            break;
        case json::kind::array: {
            size_t n = 0;
            for (const json::value e : v.elements()) {
                walk(e);
                ++n;
            }
            require(n == v.size());
            break;
        }
        case json::kind::object: {
            size_t n = 0;
            for (const auto [key, member] : v.members()) {
                require(v[key].raw().data() == member.raw().data());
                walk(member);
                ++n;
            }
            require(n == v.size());
            break;
        }
        default:
            break;
    }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    // Reading every value again from its own bytes is quadratic in the depth: keep inputs small.
    if (size > 4096) return 0;
    const json::document d = json::parse(std::string_view(reinterpret_cast<const char*>(data), size));
    if (d)
        walk(d.root());
    else
        require(!d.error().empty() && !d.root());
    return 0;
}
