// For the samples of plugins on SNS: a message as the HTTP request that SNS sends.
#pragma once

#include <gatehouse/json.hpp>

#include <string>

namespace gatehouse::sns {

/// Headers as SNS makes them from the body's own fields, or from those of `genuine` where the body cannot be read. `more`: header lines,
/// each with LF.
inline std::string sample_request(std::string_view body, std::string_view more = {}, std::string_view genuine = {}) {
    const auto d = json::parse(genuine.empty() ? body : genuine);
    std::string out =
        "POST /sample HTTP/1.1\nHost: hooks.example\nUser-Agent: Amazon Simple Notification Service Agent\nContent-Type: text/plain; "
        "charset=UTF-8\n";
    const auto add = [&](std::string_view name, std::string_view value) { out.append(name).append(": ").append(value).append("\n"); };
    add("x-amz-sns-message-type", d["Type"].text());
    add("x-amz-sns-message-id", d["MessageId"].text());
    add("x-amz-sns-topic-arn", d["TopicArn"].text());
    add("Content-Length", std::to_string(body.size()));
    out.append(more).append("\n").append(body);
    return out;
}

/// The text with the first `from` replaced; `from` must be in it.
inline std::string with(std::string_view text, std::string_view from, std::string_view to) {
    std::string out(text);
    return out.replace(out.find(from), from.size(), to);
}

} // namespace gatehouse::sns
