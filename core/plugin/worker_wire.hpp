// What goes between the server and a worker process (a plugin with `isolation: process`), and how it is written down.
//
// Both ends are the same program on the same machine, so numbers are in the machine's own order and nothing is versioned. The worker is
// not trusted: its end runs beside the plugin's code, which can write what it likes to the sockets. So whatever is read here is bounded
// before it is used, a list's length before anything is reserved for it; what comes out are the values of the C border (abi.h), and these
// go through the same checks as those of a plugin in this process.
//
// Frame: u32 length of what follows, then that. Message: u8 kind (below), then its members. Text: u32 length, bytes. A list: u32 count,
// entries. Strictly in turns on each lane: the server asks, the worker answers once; in between the worker may tell (log, say) or ask
// (secret, state), and the server answers the latter. One lane carries one call at a time; a worker has several.
//
// How it travels was measured (a prototype, batches of 8 requests of 700 bytes, each with one HMAC-SHA256, two threads and two cores,
// medians of four runs): in one process 2.4 us a request; socket pairs, SOCK_SEQPACKET 2.1 and SOCK_STREAM 2.2 (the HMACs then run beside
// the rest); shared memory with a futex 1.3. Carrying alone costs 1 to 1.6 us once eight requests share the way, 0.5 with 32, and 7 when
// each goes alone, whichever way. So batches decide, and the plainest way is taken, the stream socket: messages of any size (a body may
// have 64 MiB), the kernel's copy cannot be changed while it is being read, and its end tells that the other side has gone.
// The whole, in one run of tests/bench/isolation.cpp on two idle cores: 0.73 of the rate without a process in batches of 64, 0.68 with 32,
// 0.45 with 8; a request alone takes 23 us instead of 2.
//
// Keys: a worker asks for the values of a secret setting once, when its plugin first wants one of them for an HMAC or as bytes, and makes
// the HMACs itself: asking the server for each would cost a way of 7 us in the middle of a verification, and the plugin could ask for the
// bytes anyway. Secrets that only stand in headers of requests that the server sends never leave the server.
#pragma once

#include "core/http/message.hpp"
#include "core/plugin/border.hpp"

#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace gh::plugin::wire {

enum class Kind : uint8_t {
    // the server asks; the answer has the same kind, or `failed`
    load,    // name of the file, bytes of memory → descriptor
    open,    // now, state's version, source's name, path, settings, secrets' names and counts → what it enrolled
    receive, // now, state's version, requests → a verdict and perhaps an outcome for each
    step,    // now, state's version, a job or how it begins, its input → job, what it asks for
    drop,    // jobs → nothing
    close,   // nothing → nothing, and the worker ends
    failed,  // code, reason
    // the worker asks, inside a call
    secret, // name → values
    state,  // key → state's version, whether there is one, value
    // the worker tells, inside a call
    log,   // level, text
    say,   // title, detail (gatehouse.explain/1)
    fault, // 0: in drop, 1: in close_source; what the plugin did
    broke, // the worker is about to end: why
};

/// No message is longer; what a worker sends beyond it is no message. Enough for a request of 64 MiB with its headers.
inline constexpr size_t k_most_message = 80u << 20;

class Writer {
public:
    explicit Writer(Kind kind) { u8(static_cast<uint8_t>(kind)); }
    /// A part of a message, to be put into one as text.
    Writer() = default;
    /// Goes on in the memory of an earlier message; take() gives it back.
    Writer(Kind kind, std::string memory) : out_(std::move(memory)) {
        out_.clear();
        u8(static_cast<uint8_t>(kind));
    }
    std::string take() { return std::move(out_); }

    void u8(uint8_t v) { out_.push_back(static_cast<char>(v)); }
    void u32(uint32_t v) { raw(&v, sizeof v); }
    void u64(uint64_t v) { raw(&v, sizeof v); }
    void i64(int64_t v) { raw(&v, sizeof v); }
    void text(std::string_view v) {
        u32(static_cast<uint32_t>(v.size()));
        out_.append(v);
    }
    /// A text that is written piece by piece: what comes between these two. They nest.
    size_t begin_text() {
        u32(0);
        return out_.size();
    }
    void end_text(size_t begun) { set_u32(begun - sizeof(uint32_t), static_cast<uint32_t>(out_.size() - begun)); }
    /// Overwrites a u32 written at that place.
    void set_u32(size_t at, uint32_t v) { std::memcpy(out_.data() + at, &v, sizeof v); }
    void wipe(); ///< for what holds secrets
    size_t size() const { return out_.size(); }
    const std::string& bytes() const { return out_; }

private:
    void raw(const void* data, size_t size) { out_.append(static_cast<const char*>(data), size); }
    std::string out_;
};

/// Views into the message, which must outlive them. After the first thing that is not there everything reads as nothing, and ok() is false.
class Reader {
public:
    explicit Reader(std::string_view message) : rest_(message) {}

    uint8_t u8() { return number<uint8_t>(); }
    uint32_t u32() { return number<uint32_t>(); }
    uint64_t u64() { return number<uint64_t>(); }
    int64_t i64() { return number<int64_t>(); }
    std::string_view text() {
        const size_t size = u32();
        if (size > rest_.size()) return fail(), std::string_view();
        const auto out = rest_.substr(0, size);
        rest_.remove_prefix(size);
        return out;
    }
    /// The length of a list of at most `most` entries that take `least` bytes or more each.
    size_t count(size_t most, size_t least) {
        const size_t n = u32();
        if (n > most || n > rest_.size() / least) return fail(), 0;
        return n;
    }
    bool ok() const { return ok_; }
    /// Whether all was there, and nothing else.
    bool done() const { return ok_ && rest_.empty(); }
    void fail() {
        ok_ = false;
        rest_ = {};
    }

private:
    template <class T>
    T number() {
        T v{};
        if (rest_.size() < sizeof v) return fail(), v;
        std::memcpy(&v, rest_.data(), sizeof v);
        rest_.remove_prefix(sizeof v);
        return v;
    }
    std::string_view rest_;
    bool ok_ = true;
};

inline constexpr size_t k_most_headers = 1000; ///< of a received request; what a plugin sends is limited by the border's own rules

/// A list of header lines. Borrowed.
void write(Writer&, const gatehouse_header*, size_t count);
void write(Writer&, const std::vector<http::Field>&);
std::vector<gatehouse_header> read_headers(Reader&);
void read_headers(Reader&, std::vector<gatehouse_header>&);

void write(Writer&, const gatehouse_request&);
/// A request whose texts lie in the message.
struct RequestView {
    gatehouse_request request{};
    std::vector<gatehouse_header> headers;
};
/// Fills `out`, which must then stay where it is.
void read(Reader&, RequestView& out);

/// State changes: key, whether it has a value, value.
void write(Writer&, const std::vector<store::StateChange>&);
std::vector<gatehouse_state_entry> read_state_entries(Reader&);

} // namespace gh::plugin::wire
