// A parsed JSON text: a flat list of nodes, looked at through small copyable views. Looking for what is not there gives a missing value,
// never an exception: value["links"]["event"].text().
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gatehouse::json {

enum class kind : uint8_t { missing, null, boolean, number, string, array, object };

namespace detail {

/// Nodes stand in document order; an object's members are key node, value node, key node, … `end` is the index after the subtree.
struct node {
    kind type = kind::null;
    bool decoded = false; ///< text lies in `decoded`, else in the source itself
    uint32_t begin = 0, finish = 0;
    uint32_t text_begin = 0, text_size = 0;
    uint32_t end = 0;
    uint32_t count = 0; ///< elements or members
};

struct storage {
    std::string source;
    std::string decoded; ///< strings that held escapes
    std::vector<node> nodes;
    std::string error;
    size_t error_offset = 0;
};

} // namespace detail

/// A view of one value; valid as long as the document it came from (moves included).
class value {
public:
    value() = default;

    kind type() const { return node_ ? node_->type : kind::missing; }
    /// Whether it is there at all (null is).
    explicit operator bool() const { return node_ != nullptr; }
    bool is_object() const { return type() == kind::object; }
    bool is_array() const { return type() == kind::array; }
    bool is_string() const { return type() == kind::string; }
    bool is_null() const { return type() == kind::null; }

    /// A string's text, decoded; "" for anything else.
    std::string_view text() const {
        if (!is_string()) return {};
        const std::string& from = node_->decoded ? storage_->decoded : storage_->source;
        return std::string_view(from).substr(node_->text_begin, node_->text_size);
    }
    /// A number exactly as it was written ("1.0", "18446744073709551616"); "" for anything else.
    std::string_view number() const { return type() == kind::number ? raw() : std::string_view(); }
    /// A number without fraction and exponent that fits.
    std::optional<int64_t> integer() const {
        std::string_view s = number();
        if (s.empty()) return std::nullopt;
        const bool negative = s.front() == '-';
        if (negative) s.remove_prefix(1);
        uint64_t n = 0;
        const uint64_t most = static_cast<uint64_t>(INT64_MAX) + (negative ? 1 : 0);
        for (char c : s) {
            if (c < '0' || c > '9') return std::nullopt;
            const auto digit = static_cast<uint64_t>(c - '0');
            if (n > (most - digit) / 10) return std::nullopt;
            n = n * 10 + digit;
        }
        return negative ? static_cast<int64_t>(0 - n) : static_cast<int64_t>(n);
    }
    std::optional<bool> boolean() const {
        if (type() != kind::boolean) return std::nullopt;
        return raw() == "true";
    }
    /// The exact bytes of this value in the source, without the white space around it.
    std::string_view raw() const {
        return node_ ? std::string_view(storage_->source).substr(node_->begin, node_->finish - node_->begin) : std::string_view();
    }

    /// Elements of an array, members of an object; 0 for anything else.
    size_t size() const { return node_ ? node_->count : 0; }
    /// The member of that name, missing when there is none or this is no object.
    value operator[](std::string_view key) const {
        if (!is_object()) return {};
        for (uint32_t i = index() + 1; i < node_->end; i = node(i + 1).end)
            if (at(i).text() == key) return at(i + 1);
        return {};
    }
    value operator[](const char* key) const { return (*this)[std::string_view(key)]; }
    /// Element of an array; missing beyond its end. Linear: iterate instead of indexing in a loop.
    value operator[](size_t position) const {
        if (!is_array() || position >= node_->count) return {};
        uint32_t i = index() + 1;
        while (position-- > 0) i = node(i).end;
        return at(i);
    }
    value operator[](int position) const { return position < 0 ? value() : (*this)[static_cast<size_t>(position)]; }

    struct member;
    class iterator;
    class member_iterator;
    template <class Iterator>
    struct range {
        Iterator first, last;
        Iterator begin() const { return first; }
        Iterator end() const { return last; }
    };
    /// Elements of an array; nothing for anything else.
    range<iterator> elements() const;
    /// Members of an object, in the order of the text; nothing for anything else.
    range<member_iterator> members() const;

private:
    friend class document;
    value(const detail::storage* storage, const detail::node* n) : storage_(storage), node_(n) {}
    uint32_t index() const { return static_cast<uint32_t>(node_ - storage_->nodes.data()); }
    const detail::node& node(uint32_t i) const { return storage_->nodes[i]; }
    value at(uint32_t i) const { return {storage_, &storage_->nodes[i]}; }

    const detail::storage* storage_ = nullptr;
    const detail::node* node_ = nullptr;
};

struct value::member {
    std::string_view key;
    json::value value;
};

class value::iterator {
public:
    iterator(json::value owner, uint32_t i) : owner_(owner), i_(i) {}
    json::value operator*() const { return owner_.at(i_); }
    iterator& operator++() {
        i_ = owner_.node(i_).end;
        return *this;
    }
    bool operator==(const iterator& o) const { return i_ == o.i_; }

private:
    json::value owner_;
    uint32_t i_;
};

class value::member_iterator {
public:
    member_iterator(json::value owner, uint32_t i) : owner_(owner), i_(i) {}
    member operator*() const { return {owner_.at(i_).text(), owner_.at(i_ + 1)}; }
    member_iterator& operator++() {
        i_ = owner_.node(i_ + 1).end;
        return *this;
    }
    bool operator==(const member_iterator& o) const { return i_ == o.i_; }

private:
    json::value owner_;
    uint32_t i_;
};

inline value::range<value::iterator> value::elements() const {
    if (!is_array()) return {iterator({}, 0), iterator({}, 0)};
    return {iterator(*this, index() + 1), iterator(*this, node_->end)};
}

inline value::range<value::member_iterator> value::members() const {
    if (!is_object()) return {member_iterator({}, 0), member_iterator({}, 0)};
    return {member_iterator(*this, index() + 1), member_iterator(*this, node_->end)};
}

/// A parsed text and its copy of the source; or an error. Movable.
class document {
public:
    explicit document(std::unique_ptr<const detail::storage> s) : storage_(std::move(s)) {}
    /// Whether it parsed.
    explicit operator bool() const { return storage_ && storage_->error.empty(); }
    /// Why not: "offset 17: duplicate member \"id\"".
    std::string error() const {
        return *this ? std::string()
                     : "offset " + std::to_string(storage_ ? storage_->error_offset : 0) + ": " +
                           (storage_ ? storage_->error : std::string("moved away"));
    }
    /// Missing when it did not parse.
    value root() const { return *this ? value(storage_.get(), storage_->nodes.data()) : value(); }
    value operator[](std::string_view key) const { return root()[key]; }
    value operator[](const char* key) const { return root()[key]; }

private:
    std::unique_ptr<const detail::storage> storage_;
};

} // namespace gatehouse::json
