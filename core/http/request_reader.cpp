#include "core/http/request_reader.hpp"

#include <boost/beast/http/basic_parser.hpp>

#include <algorithm>
#include <cstdint>

namespace gh::http {

namespace {

namespace beast = boost::beast;
namespace bh = boost::beast::http;

// Beast's parser with our Request as its storage. It sees only heads that HeadCheck has let through and is stopped behind the head: the
// body's framing is decided by HeadCheck alone.
class Splitter final : public bh::basic_parser<true> {
public:
    explicit Splitter(Request& request) : request_(request) {
        // HeadCheck has its own, smaller limits.
        header_limit(1u << 30);
        // Not boost::none: Boost 1.74 takes that for a limit of nothing at all.
        body_limit(UINT64_MAX);
    }

private:
    static std::string_view view(beast::string_view v) { return {v.data(), v.size()}; }

    void on_request_impl(bh::verb, beast::string_view method, beast::string_view target, int, beast::error_code&) override {
        request_.method = view(method);
        request_.target = view(target);
    }
    void on_field_impl(bh::field, beast::string_view name, beast::string_view value, beast::error_code&) override {
        request_.fields.push_back({std::string(view(name)), std::string(view(value))});
    }
    // Pure virtual in later versions of Boost, absent in 1.74: hence no "override".
    void on_trailer_field_impl(bh::field, beast::string_view, beast::string_view, beast::error_code&) {}
    void on_response_impl(int, beast::string_view, int, beast::error_code&) override {}
    void on_header_impl(beast::error_code&) override {}
    void on_body_init_impl(const boost::optional<std::uint64_t>&, beast::error_code&) override {}
    std::size_t on_body_impl(beast::string_view, beast::error_code&) override { return 0; }
    void on_chunk_header_impl(std::uint64_t, beast::string_view, beast::error_code&) override {}
    std::size_t on_chunk_body_impl(std::uint64_t, beast::string_view, beast::error_code&) override { return 0; }
    void on_finish_impl(beast::error_code&) override {}

    Request& request_;
};

// RFC 9112 section 3.2.2: a server takes the absolute form too.
void to_origin_form(std::string& target) {
    if (target.front() == '/' || target == "*") return;
    const auto authority = target.find("://") + 3;
    const auto end = target.find_first_of("/?", authority);
    if (end == std::string::npos)
        target = "/";
    else if (target[end] == '?')
        target = "/" + target.substr(end);
    else
        target.erase(0, end);
}

} // namespace

bool RequestReader::split_head(std::string_view head) {
    request_.fields.reserve(check_.fields());
    Splitter splitter(request_);
    beast::error_code error;
    const auto used = splitter.put(boost::asio::buffer(head.data(), head.size()), error);
    // Two parsers that read a head differently are how requests get smuggled: what they do not agree on is refused.
    if (error || used != head.size() || !splitter.is_header_done() || request_.fields.size() != check_.fields()) return false;
    if (splitter.chunked() != check_.chunked() || request_.target.empty()) return false;
    const auto length = splitter.content_length();
    if (length.has_value() != check_.content_length().has_value() || (length && *length != *check_.content_length())) return false;
    keep_alive_ = splitter.keep_alive() && !check_.http_1_0();
    to_origin_form(request_.target);
    const auto mark = request_.target.find('?');
    request_.path.assign(request_.target, 0, mark);
    if (mark != std::string::npos) request_.query.assign(request_.target, mark + 1);
    return true;
}

RequestReader::Progress RequestReader::consume(std::string_view available) {
    if (!in_body_) {
        switch (check_.scan(available)) {
            case HeadCheck::Verdict::more:
                return {Step::more, 0};
            case HeadCheck::Verdict::refused:
                return refuse(check_.refusal(), 0);
            case HeadCheck::Verdict::complete:
                break;
        }
        if (!split_head(available.substr(check_.begin(), check_.size() - check_.begin()))) return refuse(refusals::k_head, check_.size());
        in_body_ = true;
        return {Step::head, check_.size()};
    }
    if (check_.chunked()) {
        const auto progress = chunks_.consume(available, request_.body);
        switch (progress.step) {
            case ChunkedDecoder::Step::more:
                return {Step::more, progress.consumed};
            case ChunkedDecoder::Step::complete:
                return {Step::complete, progress.consumed};
            case ChunkedDecoder::Step::refused:
                return refuse(*progress.refusal, progress.consumed);
        }
    }
    const auto n = static_cast<size_t>(std::min<uint64_t>(left_, available.size()));
    request_.body.append(available.substr(0, n));
    left_ -= n;
    return {left_ == 0 ? Step::complete : Step::more, n};
}

const Refusal* RequestReader::admit(size_t max_body) {
    if (check_.chunked()) {
        chunks_.begin(max_body);
        return nullptr;
    }
    left_ = check_.content_length().value_or(0);
    return left_ > max_body ? &refusals::k_too_large : nullptr;
}

void RequestReader::reset() {
    check_.reset();
    request_ = Request();
    refusal_ = nullptr;
    left_ = 0;
    in_body_ = false;
    keep_alive_ = false;
}

} // namespace gh::http
