// The C border seen from the host: text in and out, struct sizes, and the call that is under way on a thread.
#pragma once

#include "core/http/message.hpp"
#include "core/plugin/crash.hpp"
#include "core/store/records.hpp"

#include <gatehouse/abi.h>

#include <cstring>
#include <string>
#include <string_view>
#include <vector>

namespace gh::plugin {

inline std::string_view view(gatehouse_text t) {
    return t.data ? std::string_view(t.data, t.size) : std::string_view();
}
inline std::string_view view(gatehouse_bytes b) {
    return b.data ? std::string_view(reinterpret_cast<const char*>(b.data), b.size) : std::string_view();
}
inline gatehouse_text text(std::string_view s) {
    return {s.data(), s.size()};
}
inline gatehouse_bytes bytes(std::string_view s) {
    return {reinterpret_cast<const uint8_t*>(s.data()), s.size()};
}

/// Whether a plugin's text keeps the rules: UTF-8, at most `most` bytes, no NULL with a size.
bool sane(gatehouse_text, size_t most);
/// Lower-case letters, digits and the given other characters, 1 to `most` of them.
bool is_word(std::string_view, std::string_view others, size_t most);

/// Statuses that only the stand-in of a plugin in another process returns (worker_source.hpp), with the text given to
/// Frame::set_fail_text. k_told: the fault was worked out over there. k_away: the process is not there just now; counted when it went.
inline constexpr gatehouse_status k_told = 1001, k_away = 1002;

/// Larger than any struct of this ABI will become: what says more than that is not a size but garbage.
inline constexpr uint32_t k_most_struct = 4096;

/// Copies what a plugin gave, as far as this host knows it. INVALID: NULL, or smaller than the struct's first version (today every struct
/// is at its first). UNSUPPORTED: it uses members that only a newer host knows.
template <class T>
gatehouse_status read_struct(const T* given, T& out) {
    if (!given || given->struct_size < sizeof(T) || given->struct_size > k_most_struct) return GATEHOUSE_INVALID;
    const auto* raw = reinterpret_cast<const unsigned char*>(given);
    for (size_t i = sizeof(T); i < given->struct_size; ++i)
        if (raw[i] != 0) return GATEHOUSE_UNSUPPORTED;
    out = *given;
    return GATEHOUSE_OK;
}

/// A call into a plugin that is under way on this thread. It lives on the host's stack; what the plugin gets as context is a ticket, never
/// its address, so that an answer or turn used too late, twice or on another thread is noticed instead of writing into a dead frame.
class Frame {
public:
    explicit Frame(const CrashMark&);
    ~Frame();
    Frame(const Frame&) = delete;
    Frame& operator=(const Frame&) = delete;

    void* context() const { return reinterpret_cast<void*>(ticket_); }
    /// The frame that `context` belongs to when that is the call under way on this thread, else null: answer MISUSE. A stale ticket marks
    /// the call under way as broken.
    template <class F>
    static F* active(void* context) {
        return static_cast<F*>(find(context));
    }
    /// What the plugin told through gatehouse_host.fail during this call.
    static void set_fail_text(std::string_view);

    /// Records a broken rule (the first one counts) and returns `status` for the plugin.
    gatehouse_status broke(std::string rule, gatehouse_status status = GATEHOUSE_INVALID);
    /// Counts one answer; false (and broken) when there was one already.
    bool answer();

    int answers() const { return answers_; }
    /// Empty while every rule was kept. A rule broken by a call that was then repeated correctly does not count: see `misused`.
    const std::string& rule_broken() const { return broken_; }
    bool misused() const { return misused_; }
    const std::string& fail_text() const { return fail_text_; }
    /// Why the call counts as a fault, given its status and that it had to answer exactly once; empty when it does not.
    std::string fault(gatehouse_status, std::string_view duty) const;

private:
    static Frame* find(void* context);

    CrashScope crash_;
    Frame* outer_;
    uintptr_t ticket_;
    int answers_ = 0;
    bool misused_ = false;
    std::string broken_, fail_text_;
};

/// The sender's or provider's field lines for the plugin. Borrowed from `fields`; no allocation up to 64 of them.
class HeaderList {
public:
    explicit HeaderList(const std::vector<http::Field>& fields);
    /// From a stored field block, "Name: value\r\n" repeated.
    explicit HeaderList(std::string_view head);
    HeaderList(const HeaderList&) = delete;
    HeaderList& operator=(const HeaderList&) = delete;
    const gatehouse_header* data() const { return spill_.empty() ? near_ : spill_.data(); }
    size_t size() const { return size_; }

private:
    void add(std::string_view name, std::string_view value);
    gatehouse_header near_[64];
    std::vector<gatehouse_header> spill_;
    size_t size_ = 0;
};

/// Field lines that a plugin wants sent. The reason when a name is no token, a value has CR, LF or NUL, or the line is the host's to write
/// (Host, Content-Length, Transfer-Encoding, Connection and the like); else empty.
std::string check_field(std::string_view name, std::string_view value);
/// Copies and checks a header list; the reason when it breaks a rule, else empty.
std::string read_fields(const gatehouse_header*, size_t count, std::vector<http::Field>& out);
/// Copies and checks state changes: keys 1..256 bytes, values up to 1 MiB.
std::string read_state(const gatehouse_state_entry*, size_t count, std::vector<store::StateChange>& out);
/// "POST": upper-case letters and "-", not CONNECT or TRACE.
bool is_method(std::string_view);

} // namespace gh::plugin
