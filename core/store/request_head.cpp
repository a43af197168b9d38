#include "core/store/request_head.hpp"

#include "core/base/encoding.hpp"

namespace gh::store {

bool is_credential(std::string_view name) {
    return equals_ignoring_case(name, "Authorization") || equals_ignoring_case(name, "Proxy-Authorization") ||
           equals_ignoring_case(name, "Cookie");
}

std::string without_credentials(std::string head) {
    static const std::string k_instead = ": " + std::string(k_redacted);
    for (size_t at = 0; at < head.size();) {
        size_t end = std::min(head.find("\r\n", at), head.size());
        const size_t colon = head.find(':', at);
        if (colon < end && is_credential(std::string_view(head).substr(at, colon - at))) {
            head.replace(colon, end - colon, k_instead);
            end = colon + k_instead.size();
        }
        at = end + 2;
    }
    return head;
}

} // namespace gh::store
