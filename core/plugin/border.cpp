#include "core/plugin/border.hpp"

#include "core/base/encoding.hpp"

#include <algorithm>
#include <array>
#include <atomic>
namespace gh::plugin {

namespace {

constexpr size_t k_most_fields = 100;
constexpr size_t k_most_state_entries = 1000;
constexpr size_t k_most_key = 256;
constexpr size_t k_most_value = 1u << 20;

thread_local Frame* t_frame = nullptr;

/// Unique in the process without a shared counter on the hot path: 24 bits of thread, 40 bits of call.
uintptr_t next_ticket() {
    static std::atomic<uintptr_t> threads{0};
    thread_local uintptr_t ticket = (threads.fetch_add(1, std::memory_order_relaxed) + 1) << 40;
    return ++ticket;
}

bool is_token(std::string_view s) {
    constexpr std::string_view others = "!#$%&'*+-.^_`|~"; // RFC 9110 section 5.6.2
    return !s.empty() && std::all_of(s.begin(), s.end(), [&](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || others.find(c) != others.npos;
    });
}

} // namespace

bool sane(gatehouse_text t, size_t most) {
    if (t.size > most || (t.size > 0 && !t.data)) return false;
    return t.size == 0 || is_utf8(view(t));
}

bool is_word(std::string_view s, std::string_view others, size_t most) {
    return !s.empty() && s.size() <= most && std::all_of(s.begin(), s.end(), [&](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || others.find(c) != others.npos;
    });
}

Frame::Frame(const CrashMark& mark) : crash_(mark), outer_(t_frame), ticket_(next_ticket()) {
    t_frame = this;
}
Frame::~Frame() {
    t_frame = outer_;
}

Frame* Frame::find(void* context) {
    Frame* frame = t_frame;
    if (!frame) return nullptr;
    if (frame->ticket_ == reinterpret_cast<uintptr_t>(context)) return frame;
    frame->misused_ = true;
    frame->broke("used the answer, turn or registry of another call: it is valid only inside the call that got it");
    return nullptr;
}

void Frame::set_fail_text(std::string_view text) {
    if (t_frame) t_frame->fail_text_.assign(text.substr(0, 2000));
}

gatehouse_status Frame::broke(std::string rule, gatehouse_status status) {
    if (broken_.empty()) broken_ = std::move(rule);
    return status;
}

bool Frame::answer() {
    if (answers_++ == 0) return true;
    misused_ = true;
    broke("answered more than once");
    return false;
}

std::string Frame::fault(gatehouse_status status, std::string_view duty) const {
    if (status == k_told || status == k_away) return fail_text_;
    if (status != GATEHOUSE_OK) {
        const std::string why = !fail_text_.empty() ? fail_text_ : !broken_.empty() ? broken_ : "it gave no reason";
        return "returned status " + std::to_string(status) + ": " + why;
    }
    if (misused_) return broken_;
    if (answers_ == 0) return std::string(duty) + (broken_.empty() ? "" : "; its try was refused: " + broken_);
    return {};
}

HeaderList::HeaderList(const std::vector<http::Field>& fields) {
    if (fields.size() > std::size(near_)) spill_.reserve(fields.size());
    for (const auto& field : fields) add(field.name, field.value);
}

HeaderList::HeaderList(std::string_view head) {
    while (!head.empty()) {
        const size_t end = head.find("\r\n");
        const auto line = head.substr(0, end);
        head = end == head.npos ? std::string_view() : head.substr(end + 2);
        const size_t colon = line.find(':');
        if (colon == line.npos) continue;
        auto value = line.substr(colon + 1);
        const size_t first = value.find_first_not_of(" \t");
        value = first == value.npos ? std::string_view() : value.substr(first, value.find_last_not_of(" \t") - first + 1);
        add(line.substr(0, colon), value);
    }
}

void HeaderList::add(std::string_view name, std::string_view value) {
    const gatehouse_header header{text(name), text(value)};
    if (size_ < std::size(near_)) {
        near_[size_++] = header;
        return;
    }
    if (spill_.empty()) spill_.assign(std::begin(near_), std::end(near_));
    spill_.push_back(header);
    ++size_;
}

std::string check_field(std::string_view name, std::string_view value) {
    static constexpr std::array<std::string_view, 10> ours{
        "host", "content-length",      "transfer-encoding", "connection", "keep-alive", "upgrade",
        "te",   "proxy-authorization", "trailer",           "expect"};
    if (!is_token(name) || name.size() > 200) return "a header's name must be a token (RFC 9110 section 5.6.2)";
    if (value.find_first_of(std::string_view("\r\n\0", 3)) != value.npos)
        return "the value of header \"" + std::string(name) + "\" holds CR, LF or NUL";
    if (value.size() > 16384) return "the value of header \"" + std::string(name) + "\" is longer than 16 KiB";
    for (const auto one : ours)
        if (equals_ignoring_case(one, name)) return "header \"" + std::string(name) + "\" is written by the host";
    return {};
}

std::string read_fields(const gatehouse_header* headers, size_t count, std::vector<http::Field>& out) {
    if (count > k_most_fields) return "more than 100 headers";
    if (count > 0 && !headers) return "headers is NULL but header_count is not 0";
    for (size_t i = 0; i < count; ++i) {
        if (auto reason = check_field(view(headers[i].name), view(headers[i].value)); !reason.empty()) return reason;
        out.push_back({std::string(view(headers[i].name)), std::string(view(headers[i].value))});
    }
    return {};
}

std::string read_state(const gatehouse_state_entry* entries, size_t count, std::vector<store::StateChange>& out) {
    if (count > k_most_state_entries) return "more than 1000 state entries at once";
    if (count > 0 && !entries) return "state is NULL but its count is not 0";
    for (size_t i = 0; i < count; ++i) {
        const auto& entry = entries[i];
        if (entry.key.size == 0 || !sane(entry.key, k_most_key)) return "a state key must be 1 to 256 bytes of UTF-8";
        if (entry.value.size > k_most_value) return "state value \"" + std::string(view(entry.key)) + "\" is larger than 1 MiB";
        store::StateChange change{std::string(view(entry.key)), std::nullopt};
        if (entry.value.data) change.value = std::string(view(entry.value));
        out.push_back(std::move(change));
    }
    return {};
}

bool is_method(std::string_view s) {
    return !s.empty() && s.size() <= 20 && s != "CONNECT" && s != "TRACE" &&
           std::all_of(s.begin(), s.end(), [](char c) { return (c >= 'A' && c <= 'Z') || c == '-'; });
}

} // namespace gh::plugin
