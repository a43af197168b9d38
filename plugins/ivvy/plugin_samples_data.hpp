// Written by tests/plugins/make_samples.cpp. Keys and messages are this project's own, made for its tests: nothing here comes from AWS
// or from a provider, and the private keys were not kept.
#pragma once

#include <string_view>

namespace ivvy_data {

// clang-format off
inline constexpr std::string_view k_certificate = R"~(-----BEGIN CERTIFICATE-----
MIIC0zCCAbugAwIBAgIBAzANBgkqhkiG9w0BAQsFADAcMRowGAYDVQQDDBFzbnMu
YW1hem9uYXdzLmNvbTAeFw0yNjAxMDEwMDAwMDBaFw00NjAxMTkxODQwMDBaMBwx
GjAYBgNVBAMMEXNucy5hbWF6b25hd3MuY29tMIIBIjANBgkqhkiG9w0BAQEFAAOC
AQ8AMIIBCgKCAQEAyZqD9z+AYbi00vXGwDx+uowNpYXhRjzE/NvDg/3/oHLNxCsR
CthRa1YJ8XAyyvsRPysdnEbDIz3kQveP2deSp8yaPzA+W6EtM2oOZyLyB3v/SoEO
EeEu7LBgqKoSnptUYa42wtAir3RTsMxK6GxeOzbo9BFVHFe5FXq9DiMJBy8UCNWl
QiSt+D1qOCWPA4QbmfhPs1i6k8fiQ0Cpo7IyHJYRZc0rdxlyjmOF2C69xtXrH4KY
fyqYaoNSAXAtZF/W8v5QKenFq9P/me3ZKMJZYnZhKVvl8VJw2O3W+HCt01nRryHp
22xs6PdW4C8/iEiMdaaPV20mb6t3sd78P4j9qwIDAQABoyAwHjAcBgNVHREEFTAT
ghFzbnMuYW1hem9uYXdzLmNvbTANBgkqhkiG9w0BAQsFAAOCAQEANJztmExQLgg0
Isr1FMdXyC+1RWHCsUK+q2FEbx8HRn5Vw+EqZqgyi1SF7dJSRBVy2sisisUiop6z
pQ4eT9eRu8qqBKhVgJvQiMCtx9mL5E1Wrd9y2XSB3h02SxWA7G6FAIBag4iQ/fJV
+oR6U0OKdqsBgzi7MrxEihMb7SU/QXc/RQ7gb8ZZ0skEJXOCRUvPZtUd8kXIV+s7
paJNOrF8HvF7ezT4RpuLhDNwoq7s6vMEwwfny6mHwUs2yU7165RYYjfNC7Y3tHmZ
YTRBkOveS7m1Am24OCVZwV/Bqy44ndAzzny9wnrTlhygZBfg6XNQx7EWapWcoMXV
4CFZQBbRaQ==
-----END CERTIFICATE-----
)~";
// clang-format on

// clang-format off
inline constexpr std::string_view k_inner_key = R"~(-----BEGIN PUBLIC KEY-----
MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAyLj4TTf1aA0P9KIFY1fa
NJr6yQRU4KfYX5NtyRefS3iHqzBv0bDN35HEMZpQOiAV5nHQDo+aZoExXw2MNtv6
rO5ST2lSbcs96FgOTthMDy+GJsURHqkSv2IW6ZnG+Xbr0IStr6F54q19PKuwZOrH
ybZB4bxOj8D7+eCSJEuMKZlJiq5M8Km68g2ip74rMKUeL6E0iRSkugQsWiHp/rhy
NGCE02v/Lnv6cUJMpX1qlg+v976KPuoptu6wc7EZ7is8voDHGCZDoAquyAqd1Vmj
cteA+s/PWCgvAc92YEcWfhOrh+FpmW0v3IkWWVyjGe5lkjgJZfXVXcdcayvh7YQh
8QIDAQAB
-----END PUBLIC KEY-----
)~";
// clang-format on

// clang-format off
inline constexpr std::string_view k_company = R"~({
  "Type" : "Notification",
  "MessageId" : "22b80b92-fdea-4c2c-8f9d-bdfb0c7bf324",
  "TopicArn" : "arn:aws:sns:ap-southeast-2:123456789012:orders",
  "Message" : "{\"AccountId\":\"14\",\"Body\":\"{\\\"data\\\":{\\\"id\\\":70,\\\"businessName\\\":\\\"A & Sons\\\"}}\",\"Region\":\"ap-southeast-2\",\"Signature\":\"lf+fcA9sAyEKCO3EdpdTjbLem6lswlaxd10ME3f0feT+H5dR6Z9h1kwFkmWZmXvcVPacypxrQ0MB+chkCEs9TqFC9jYMpd4UgwRvd6Nl/HD4920S/UD35ALjzDGepQhsLYSs12V1flyH1J6fTyAbAf7dQMmVbyS2VYm6aab7IM0OxhjSs2mzlkzu519uWznclXm7uEifVqpeoPNZ1Po92Zf8X3iiqTCPw7cFxmBGJ0itLMo54XY8/GsN1XnoPfTwTxxYxCfiWXCxQ+Ak8iXhlT3YGD6AVeGbi9BNTbBuZ1SFiNBfsDAmuZ1zwhpF+cMOP20plfJrVtGo35Wr9f0mqA==\",\"SigningPublicKeyPath\":\"/accounts/14/1710115000/notifcert.txt\",\"SourceInfo\":null,\"SourceType\":0,\"Subject\":\"CompanyAdded\",\"Timestamp\":1772366396,\"TxnId\":\"b898c04362bcbfe984f1867ce7db5599\"}",
  "Timestamp" : "2026-03-01T11:59:58.000Z",
  "SignatureVersion" : "1",
  "Signature" : "nMBtU2OZ2fGSX1bhLxZfwM3TQIXM+ChOMKkl6cEwh2kyd011CLhRnwXkQnFZrWjakse0R16GI0RZofCICGjabzylO/IK2n4jQzEbGTfit184Ls3fl1ubJgJdBoZXzyESs8vW67FDL2u1fxilfCdLYAZUFtUKkoKhngvAYdwARJ4o0/FxElZNP+rvOvrVM5nzrcXA1WiZJZNfL95EK+W5fHfZiP7FCNGyfu2dNUCluhtHgUm+H5ThyKKTOQEdnYoUCFl7jRlN8BptviSGvPPnVxzZ5EKMDf1O9GlNOOEf6LrxhTOta150f1nGTgujXwP5fvrw9HX4LCp6f+FWBqFC1w==",
  "SigningCertURL" : "https://sns.ap-southeast-2.amazonaws.com/SimpleNotificationService-0123456789abcdef0123456789abcdef.pem"
})~";
// clang-format on

// clang-format off
inline constexpr std::string_view k_deleted = R"~({
  "Type" : "Notification",
  "MessageId" : "22b80b92-fdea-4c2c-8f9d-bdfb0c7bf324",
  "TopicArn" : "arn:aws:sns:ap-southeast-2:123456789012:orders",
  "Message" : "{\"AccountId\":\"14\",\"Body\":\"{\\\"venueId\\\":7,\\\"bookingId\\\":99,\\\"bookingStatus\\\":2,\\\"accommodationIds\\\":[],\\\"roomReservationIds\\\":[],\\\"sessionIds\\\":[]}\",\"Region\":\"ap-southeast-2\",\"Signature\":\"u30+a+7z9g5bw0RzcS5FnnxyhETI8fmqDJDJ+lH18hnBFqqkTc7z9eh4jvkPjpTdmpRG6D29lbuBADyPSo1NyWEW8pwAxvG8HMNMCgoRd/JnbTesVbkzbYTUQ6jeRY7I5ubQBE456JE/zShmxTAYBlBjNixX/INt5czKU47fmKpDWUWmIjBN4M6jmQW9V5ynOHiem5vl/QgokeaWu7gumdsCQm3HqCBYbHEAKMG8nQMc3RstlZKOSYdP89wh9eJ/R6VCtPfOF41MCU+X3GymAwxCEjhAM+nV1Uqd4xXFKdB5U4QHj8JbUbqvdKD7fRBLeNTuS/SCtkGtvRAtoL3OCg==\",\"SigningPublicKeyPath\":\"/accounts/14/1710115000/notifcert.txt\",\"SourceInfo\":null,\"SourceType\":0,\"Subject\":\"BookingDeleted\",\"Timestamp\":1772366396,\"TxnId\":\"b898c04362bcbfe984f1867ce7db5599\"}",
  "Timestamp" : "2026-03-01T11:59:58.000Z",
  "SignatureVersion" : "1",
  "Signature" : "RAPrQ0TDm1S8Km+dp16jdbNPUzmnZWAy0ROsTKfkzFY4r4o6spl+LGkI2uFvyKN/uW+PIAD6/sYg4ogUsNy4QcCZErWnSLKEnSJscUEsZk7b7DIXu9N7BB+tPBmLX7JAtnXmRfMsY9TtqjIxGYXchGfIJ6A76XUh0g2gJ3qrlED23KcVrUcdLk1NXKHPFZdbntKgNpSr9Vh9a5cfQxU2setCOvYMA6qDJ9AvcPoX5sZ0q4bx4qEB73HVMirjdejP11BSxKLHwShijxqrnrH2DuH7FwNkgcBZijZrHm+tvyVNaXozaWtAB0YcsywO9vLn2kzKlKMIL2cPfoJSWAWk5g==",
  "SigningCertURL" : "https://sns.ap-southeast-2.amazonaws.com/SimpleNotificationService-0123456789abcdef0123456789abcdef.pem"
})~";
// clang-format on

// clang-format off
inline constexpr std::string_view k_forged_inside = R"~({
  "Type" : "Notification",
  "MessageId" : "22b80b92-fdea-4c2c-8f9d-bdfb0c7bf324",
  "TopicArn" : "arn:aws:sns:ap-southeast-2:123456789012:orders",
  "Message" : "{\"AccountId\":\"14\",\"Body\":\"{\\\"data\\\":{\\\"id\\\":71}}\",\"Region\":\"ap-southeast-2\",\"Signature\":\"lf+fcA9sAyEKCO3EdpdTjbLem6lswlaxd10ME3f0feT+H5dR6Z9h1kwFkmWZmXvcVPacypxrQ0MB+chkCEs9TqFC9jYMpd4UgwRvd6Nl/HD4920S/UD35ALjzDGepQhsLYSs12V1flyH1J6fTyAbAf7dQMmVbyS2VYm6aab7IM0OxhjSs2mzlkzu519uWznclXm7uEifVqpeoPNZ1Po92Zf8X3iiqTCPw7cFxmBGJ0itLMo54XY8/GsN1XnoPfTwTxxYxCfiWXCxQ+Ak8iXhlT3YGD6AVeGbi9BNTbBuZ1SFiNBfsDAmuZ1zwhpF+cMOP20plfJrVtGo35Wr9f0mqA==\",\"SigningPublicKeyPath\":\"/accounts/14/1710115000/notifcert.txt\",\"SourceInfo\":null,\"SourceType\":0,\"Subject\":\"CompanyAdded\",\"Timestamp\":1772366396,\"TxnId\":\"b898c04362bcbfe984f1867ce7db5599\"}",
  "Timestamp" : "2026-03-01T11:59:58.000Z",
  "SignatureVersion" : "1",
  "Signature" : "nnGaLnV17I/5i0ZPI1/Nd7HWuz3549NTVRWg+8A471owqGfiPTQ6cbSk6vY4koMj3GKG0oHIqJpEi0RM2vl+jAIlqlbv97ORxecWbOcEAtkUrH7rryBoH+FQjROXincB4S5VBFmq+HgiAqzZogfV7uGOlBhPtxl2kIrlWudUKB5tzjpmkvTavMF3lBLJ/JfG0wvl90vi6ryFPnioI13LC0+uJzyW5KA3HUY7R4ENjTdvN0hhd6zE2N34/5JtDgcX5Z51Py0t5f6HMZ0/HcPda4mgIG96DHc/+Ksn7RQOMnM6YSV8YHDQR/iw28gvaNrj75CshILe6I9tf1ORcTwdnQ==",
  "SigningCertURL" : "https://sns.ap-southeast-2.amazonaws.com/SimpleNotificationService-0123456789abcdef0123456789abcdef.pem"
})~";
// clang-format on

} // namespace ivvy_data
