// `gatehouse verify --certificates DIR`: signing keys from files, in place of fetching them.
#pragma once

#include "core/egress/client.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace gh::cli {

/// Answers the requests of verifier jobs with files of one folder, named by the last segment of the URL's path. Anything else is answered
/// 404, and why() says so.
class KeyFolder {
public:
    /// Throws UsageError when the folder cannot be read.
    explicit KeyFolder(std::filesystem::path);

    egress::Response answer(const egress::Request&);
    /// One sentence for each request that no file answered.
    const std::vector<std::string>& why() const { return why_; }

private:
    egress::Response missing(std::string sentence);

    std::filesystem::path folder_;
    std::vector<std::string> why_;
};

} // namespace gh::cli
