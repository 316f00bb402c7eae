-- Errors as pages, for people: a browser that goes to an address shows what it is answered. Programs,
-- scripts of pages among them, get JSON. It stands before door.lua, so it sees answers as they are in
-- the end, those of Envoy itself and those that door.lua leaves alone.

-- What a person is told, by HTTP status: a headline, and what to do.
local WORDS = {
  ["400"] = { "This address is not right", "Something in it is missing or mistyped. Please open it again from where you found it." },
  ["401"] = { "Please sign in first", "What is here is somebody's own. Sign in at the academy, and you will find it there." },
  ["403"] = { "This is not open to you", "If it was a link, it may be too old, or meant for somebody else. Please open it again from where you found it." },
  ["404"] = { "There is nothing here", "The address may be mistyped, or what was here is gone." },
  ["405"] = { "There is no page here", "This address is one for programs." },
  ["429"] = { "That was too much at once", "Please wait a minute, and load the page again." },
  ["503"] = { "The academy does not answer", "It is back in a moment, most likely. Please load the page again in a minute." },
}
local OTHERS = { "This did not work", "Please load the page again. If it happens again, tell us what stands below." }

-- The page, with marks such as @headline@, and the policy that goes with it: render.py puts them in.
local PAGE, POLICY = "", ""

local OWN = "envoy.filters.http.lua"

-- Whether it is a browser that goes there (Fetch Metadata), and would show a page (RFC 9110, 12.5.1).
local function is_visit(headers)
  return headers:get("sec-fetch-mode") == "navigate"
    and headers:get(":method") == "GET"
    and (headers:get("accept") or ""):find("^text/html") ~= nil
end

function envoy_on_request(handle)
  local headers = handle:headers()
  if is_visit(headers) then
    handle:streamInfo():dynamicMetadata():set(OWN, "visit", headers:get("x-request-id") or "")
  end
end

local function is_error_in_json(headers)
  return headers:get(":status") >= "400"
    and (headers:get("content-type") or ""):find("^application/json") ~= nil
end

function envoy_on_response(handle)
  local headers = handle:headers()
  if not is_error_in_json(headers) then return end
  local own = handle:streamInfo():dynamicMetadata():get(OWN)
  local request_id = own and own["visit"]
  if not request_id then return end
  local words = WORDS[headers:get(":status")] or OTHERS
  local body = handle:body(true)
  local reason = body:getBytes(0, body:length()):match('"reason":%s*"([%u%d_]+)"')
  -- What is not ready says which service is not.
  if not reason then return end
  body:setBytes((PAGE:gsub("@(%l+)@", {
    headline = words[1], words = words[2], reason = reason, request = request_id:match("^[%w-]+$") or "",
  })))
  -- Those of before are out of reach, since it has waited for the body.
  headers = handle:headers()
  headers:replace("content-type", "text/html; charset=utf-8")
  headers:replace("content-security-policy", POLICY)
end
