-- What no filter of Envoy says by its settings. It stands before those that translate: requests come
-- here as they were sent, answers as they leave.

-- Where this filter keeps what it notes of a request.
local OWN = "envoy.filters.http.lua"
-- Some HTTP statuses have no gRPC code. A servicer answers OK and names the status in its initial
-- metadata.
local STATUSES = { ["304"] = true, ["404"] = true, ["412"] = true, ["413"] = true, ["503"] = true }

-- What has a body of JSON; a CONNECT never ends, and would wait for its body here.
local WITH_BODY = { POST = true, PUT = true, PATCH = true }

-- What comes here is no JSON and may be large: it is not held.
local UPLOADS = { ["/courses:import"] = true }

-- What belongs to gRPC alone, in headers and trailers.
local GRPC_FIELDS = {
  "grpc-status", "grpc-message", "grpc-status-details-bin", "grpc-encoding", "grpc-accept-encoding",
}

local KINDS = {
  INT32 = "a whole number", INT64 = "a whole number", UINT32 = "a whole number, not below zero",
  UINT64 = "a whole number, not below zero", FLOAT = "a number", DOUBLE = "a number",
  BOOL = "true or false", STRING = "a text", BYTES = "base64", ENUM = "one of the names allowed",
}

-- What else the transcoder reads from a text; and what render.py puts in: the names of each enum, and
-- the fields that a body may be.
local TEXTS = {
  ["google.protobuf.Timestamp"] = "must be a time such as 2026-01-31T12:00:00Z",
  ["google.protobuf.Duration"] = "must be seconds such as 90s",
  ["google.protobuf.FieldMask"] = "must be names of fields, by commas",
}
local ENUMS = {}
local BODIES = {}

local MALFORMED = "REQUEST_MALFORMED"
local OBJECT, ONE_VALUE = "must be an object", "a list stands where one value belongs"

-- Requests

-- Seconds the caller waits, by `Prefer: wait=` (RFC 7240, 4.3); nil where that is not said.
local function patience(prefer)
  local seconds = tonumber(("," .. prefer:lower()):match("[;,%s]wait%s*=%s*\"?(%d+)"))
  if seconds and seconds > 0 then return math.min(seconds, 99999) end
end

local UNIT_MILLISECONDS = { H = 3600000, M = 60000, S = 1000, m = 1, u = 0.001, n = 0.000001 }
-- It is the door that says when the time is over, in its own words: a service that was told the same
-- time would sometimes be first, and gRPC then resets the stream without any. So it gets more.
local SERVICE_GRACE_MILLISECONDS = 200
local LONGEST_MILLISECONDS = 15000

-- How long a service has for a call of `timeout` (as in the header grpc-timeout); nil for the default
-- of its route.
local function service_timeout(timeout)
  local number, unit = (timeout or ""):match("^(%d+)([HMSmun])$")
  local milliseconds = number and tonumber(number) * UNIT_MILLISECONDS[unit]
  if milliseconds and milliseconds < LONGEST_MILLISECONDS then
    return math.ceil(milliseconds + SERVICE_GRACE_MILLISECONDS) .. "m"
  end
end

-- The position behind a JSON string that begins before `at`; nil where it does not end.
local function behind_string(text, at)
  while true do
    local found = text:find('["\\]', at)
    if not found then return nil end
    if text:sub(found, found) == '"' then return found + 1 end
    at = found + 2
  end
end

-- Whether a list in a JSON text holds null. The transcoder would leave it out in silence.
local function has_null_in_list(text)
  if not text:find("null", 1, true) then return false end
  local open, depth, at = {}, 0, 1
  while at do
    local found, _, token = text:find('(["%[%]{}n])', at)
    if not found then return false end
    at = found + 1
    if token == '"' then
      at = behind_string(text, at)
    elseif token == "[" or token == "{" then
      depth = depth + 1
      open[depth] = token
    elseif token == "n" then
      if open[depth] == "[" and text:sub(found, found + 3) == "null" then return true end
    else
      depth = depth - 1
    end
  end
  return false
end

local function is_grpc(headers)
  return (headers:get("content-type") or ""):sub(1, 16) == "application/grpc"
end

local function body_of(handle)
  local body = handle:body()
  return body and body:getBytes(0, body:length()) or ""
end

function envoy_on_request(handle)
  local headers = handle:headers()
  local prefer = headers:get("prefer")
  if prefer and not headers:get("grpc-timeout") then
    local seconds = patience(prefer)
    if seconds then headers:add("grpc-timeout", seconds .. "S") end
  end
  headers:remove("x-service-timeout")
  local timeout = service_timeout(headers:get("grpc-timeout"))
  if timeout then headers:add("x-service-timeout", timeout) end
  -- HEAD is GET without the body (RFC 9110, 9.3.2); contracts know GET alone.
  if headers:get(":method") == "HEAD" then
    headers:replace(":method", "GET")
    -- A service need not send the whole file.
    headers:add("x-http-method", "HEAD")
    handle:streamInfo():dynamicMetadata():set(OWN, "head", true)
  end
  -- For the log: Envoy itself reads it only where traces are recorded.
  local trace = (headers:get("traceparent") or ""):match("^%x%x%-(%x+)%-%x+%-%x%x")
  if trace and #trace == 32 then
    handle:streamInfo():dynamicMetadata():set(OWN, "trace", trace)
  end
  local path, query = headers:get(":path"):match("^([^?]*)(.*)$")
  -- A slash at the end changes nothing; to the transcoder it does behind a verb (/courses:import/).
  if path:find("./$") then
    path = path:sub(1, -2)
    headers:replace(":path", path .. query)
  end
  local has_json = WITH_BODY[headers:get(":method")] and not is_grpc(headers) and not UPLOADS[path]
  if has_json and has_null_in_list(body_of(handle)) then
    handle:respond({ [":status"] = "400" }, "a list in the body holds null")
  end
end

-- Answers

local function camel(name)
  return (name:gsub("_(%w)", string.upper))
end

-- A text of the caller's as the inside of a JSON string: ASCII, and not long.
local function quoted(text)
  return (text:sub(1, 100):gsub("[^%w%p ]", "?"):gsub('["\\]', "\\%0"))
end

-- The path of a field, where the transcoder names what it is in, or what it is an entry of.
local function below(above, name)
  if above == "" then return name end
  if ("." .. above):sub(-#name - 1) == "." .. name then return above end
  return above .. "." .. name
end

local function must_be(kind)
  if ENUMS[kind] then return "must be one of " .. ENUMS[kind] end
  return TEXTS[kind] or OBJECT
end

-- The field that the transcoder names, and what it must be; nil where it names none.
local function violation(text)
  local name = text:match('^Could not find field "(.-)" in the type')
  if name then return name, "there is no such parameter" end
  name = text:match('^Encountered a non%-leaf field "(.-)"')
  if name then return camel(name), "has no fields of its own" end
  local kind
  name, kind = text:match("^([^:%s]+): invalid value .- for type TYPE_(%w+)$")
  if name then return camel(name), "must be " .. (KINDS[kind] or "another value") end
  local above
  above, name = text:match("^([^:%s]*): invalid value Starting an object on a scalar field for type (%S+)$")
  if name then return camel(below(above, name)), "must be no object" end
  name, kind = text:match("^([^:%s]+): invalid value .- for type type%.googleapis%.com/(%S+)$")
  if name then return camel(name), must_be(kind) end
  name = text:match("^([^:%s]+): Proto field is not repeating, cannot start list%.$")
  if name then return camel(name), ONE_VALUE end
end

-- The path of a field as the caller sent it, where the body is one field of the request; nil where it
-- is the body that is wrong.
local function as_sent(field, description)
  local first, rest = field:match("^(%w+)(.*)$")
  if not BODIES[first] then return field end
  if rest:sub(1, 1) == "." then return rest:sub(2) end
  if rest ~= "" or (description ~= OBJECT and description ~= ONE_VALUE) then return field end
end

local function sentence(text)
  if text:find("Root element must be a message", 1, true) then return "the body must be a JSON object" end
  if text:find("^%w+: invalid value") then return "the body must be a JSON object" end
  if text:find("cannot start list", 1, true) then return ONE_VALUE end
  if text:find("^Number exceeds the range") then return "a number is too large" end
  if text:find("\n%s*%^%s*$") then return "the body is not valid JSON" end
  return "the request is not valid"
end

-- google.rpc.Status as a service would answer it. The transcoder's own words name types of the
-- contracts and repeat what was sent.
local function status(text)
  local info = '{"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"%s","domain":"stellr.academy","metadata":{}}'
  local field, description = violation(text)
  field = field and as_sent(field, description)
  if not field then
    return ('{"code":3,"message":"%s","details":[' .. info .. "]}"):format(sentence(text), MALFORMED)
  end
  field = quoted(field)
  local bad = '{"@type":"type.googleapis.com/google.rpc.BadRequest","fieldViolations":[{"field":"%s","description":"%s","reason":""}]}'
  return ('{"code":3,"message":"%s: %s","details":[' .. info .. "," .. bad .. "]}"):format(
    field, description, "INVALID_FIELDS", field, description)
end

local function apply_status(headers, code)
  headers:remove("x-http-code")
  if not STATUSES[code] then return end
  headers:replace(":status", code)
  if code == "304" then
    headers:remove("content-type")
    headers:remove("content-length")
    -- As the whole answer has it from the compressor (RFC 9110, 15.4.5).
    headers:add("vary", "Accept-Encoding")
  end
end

local function without_grpc(fields)
  for _, name in ipairs(GRPC_FIELDS) do fields:remove(name) end
end

local function as_http(handle, headers)
  without_grpc(headers)
  -- Of a file that comes as a stream.
  local length = headers:get("x-stellr-content-length")
  if length then headers:replace("content-length", length) end
  local code = headers:get("x-http-code")
  if code then apply_status(headers, code) end
  if headers:get("x-transcoder-refused") then
    headers:remove("x-transcoder-refused")
    headers:replace("content-type", "application/json")
    local text = body_of(handle)
    if text ~= "" then handle:body():setBytes(status(text)) end
  end
end

-- An answer of Envoy's own to a call of gRPC. Of its statuses Envoy knows few gRPC codes by itself,
-- and gRPC-Web would get the HTTP status.
local function as_grpc(headers)
  local code = headers:get("x-grpc-status")
  if code then
    headers:remove("x-grpc-status")
    headers:replace("grpc-status", code)
    headers:replace(":status", "200")
  end
end

local function has_no_body(handle)
  if handle:headers():get(":status") == "304" then return true end
  local own = handle:streamInfo():dynamicMetadata():get(OWN)
  return own and own["head"]
end

function envoy_on_response(handle)
  local headers = handle:headers()
  if is_grpc(headers) then return as_grpc(headers) end
  as_http(handle, headers)
  if has_no_body(handle) then
    for chunk in handle:bodyChunks() do chunk:setBytes("") end
  end
  local trailers = handle:trailers()
  if trailers then without_grpc(trailers) end
end
