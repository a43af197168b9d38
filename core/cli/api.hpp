// The admin API as a client sees it.
#pragma once

#include "core/base/json.hpp"
#include "core/base/log.hpp"
#include "core/base/secret.hpp"
#include "core/cli/command.hpp"
#include "core/egress/client.hpp"

#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace gh::cli {

/// Where the server is: --admin, GATEHOUSE_ADMIN, else the configuration file; the token from GATEHOUSE_ADMIN_TOKEN, else the file.
struct Address {
    std::string url; ///< "http://127.0.0.1:8081", no slash at the end
    Secret token;
};
Address admin_address(const Context&);

/// How to reach a server that did not answer: for exit code 3.
std::string unreachable(const std::string& url, const std::string& cause);

/// "?a=b&c=d" of what is not empty, percent-encoded.
class Query {
public:
    Query& add(std::string_view name, std::string_view value);
    const std::string& text() const { return text_; }

private:
    std::string text_;
};
std::string url_encode(std::string_view);

class Api {
public:
    explicit Api(const Context&);

    /// The body of a 2xx answer. Otherwise ends the command: 3 not reachable, 2 not allowed or a wrong parameter, 1 the rest.
    std::string get(const std::string& path_and_query);
    std::string post(const std::string& path, const std::string& body = {});
    /// The same, parsed; the value borrows from `body`, which it fills.
    json::Value get(const std::string& path_and_query, std::string& body);
    json::Value post(const std::string& path, const std::string& request, std::string& body);

    /// All items of a list, page after page, at most `limit`. `query` without limit and cursor.
    void each(const std::string& path, const Query& query, size_t limit, const std::function<void(const json::Value&)>&);

private:
    std::string send(egress::Request);

    const Address address_;
    Log quiet_;
    std::shared_ptr<const egress::Policy> policy_;
    egress::Client client_;
};

} // namespace gh::cli
