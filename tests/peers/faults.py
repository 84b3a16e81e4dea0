"""What the proxy can do to one exchange. Each takes the scene and says whether the connection goes on."""

import re

from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from http_messages import Message

DELETED_KEY = re.compile(rb"<Key>(.*?)</Key>", re.DOTALL)
XML = '<?xml version="1.0" encoding="UTF-8"?>\n'
ELSEWHERE = "eu-north-1"
ANSWERED_IN_XML = ("CompleteMultipartUpload", "CopyObject", "UploadPartCopy", "DeleteObjects", "ListObjectsV2",
                   "ListParts", "ListMultipartUploads", "CreateMultipartUpload")


def response(status, reason, body="", **headers):
    raw = body.encode()
    named = [(name.replace("_", "-"), value) for name, value in headers.items()]
    return Message(f"HTTP/1.1 {status} {reason}", [*named, ("Content-Length", str(len(raw)))], raw)


def error(status, reason, code, message="as planned", **headers):
    body = f"{XML}<Error><Code>{code}</Code><Message>{message}</Message><RequestId>0</RequestId></Error>"
    return response(status, reason, body, Content_Type="application/xml", **headers)


async def pass_on(scene):
    await scene.take_request()
    moved = scene.proxy.region != scene.proxy.server.region
    if moved and f"/{scene.proxy.region}/s3/" not in scene.incoming.message.get("authorization", ""):
        return await scene.answer(moved_to(scene.proxy.region))
    if moved and not scene.sign_for_server():
        return await scene.answer(error(403, "Forbidden", "SignatureDoesNotMatch"))
    return await scene.answer(await scene.forward())


def moved_to(region):
    return error(301, "Moved Permanently", "PermanentRedirect", x_amz_bucket_region=region)


# --- the connection ends ----------------------------------------------------------------------------------------------


async def refused(scene):
    """Nothing of the body is read."""
    return scene.reset()


async def reset_in_request(scene):
    await scene.take_part_of_request()
    return scene.reset()


async def reset_in_answer(scene):
    await scene.take_request()
    await scene.answer_part(await scene.forward())
    return scene.reset()


async def answer_lost(scene):
    """The server did as it was told, and the client does not learn of it."""
    await scene.take_request()
    await scene.forward()
    return scene.reset()


async def truncated_answer(scene):
    await scene.take_request()
    await scene.answer_part(await scene.forward())
    return scene.hang_up()


async def stall(scene):
    """No byte of an answer, until the client gives up."""
    return await scene.until_client_leaves()


async def stall_in_answer(scene):
    await scene.take_request()
    await scene.answer_part(await scene.forward())
    return await scene.until_client_leaves()


# --- the server says that it failed -----------------------------------------------------------------------------------


def answering(make):
    async def act(scene):
        await scene.take_request()
        return await scene.answer(make())

    return act


async def early_500(scene):
    """Before the body has been sent; then the connection ends."""
    await scene.answer(error(500, "Internal Server Error", "InternalError", Connection="close"))
    return scene.hang_up()


async def error_after_success(scene):
    """The server did as it was told, and a machine before it says that it failed."""
    await scene.take_request()
    await scene.forward()
    return await scene.answer(error(500, "Internal Server Error", "InternalError"))


async def request_timeout(scene):
    """The server waited in vain for the body."""
    if not scene.exchange.body_expected:
        return await pass_on(scene)
    await scene.take_request()
    return await scene.answer(error(400, "Bad Request", "RequestTimeout"))


async def error_in_200(scene):
    if scene.exchange.operation not in ANSWERED_IN_XML:
        return await pass_on(scene)
    await scene.take_request()
    body = f"{XML}\n   <Error><Code>InternalError</Code><Message>as planned</Message></Error>"
    return await scene.answer(response(200, "OK", body, Content_Type="application/xml"))


async def delete_errors(scene):
    """A batch of which each key fails."""
    if scene.exchange.operation != "DeleteObjects":
        return await pass_on(scene)
    await scene.take_request()
    errors = "".join(
        f"<Error><Key>{key.decode()}</Key><Code>InternalError</Code><Message>as planned</Message></Error>"
        for key in DELETED_KEY.findall(scene.exchange.body)
    )
    body = f'{XML}<DeleteResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">{errors}</DeleteResult>'
    return await scene.answer(response(200, "OK", body, Content_Type="application/xml"))


async def verbose_refusal(scene):
    """S3 says what it was given when a signature or a token is wrong."""
    await scene.take_request()
    request = scene.incoming.message
    signature = request.get("authorization", "").rpartition("Signature=")[2]
    token = request.get("x-amz-security-token", "")
    said = (
        f"<StringToSign>AWS4-HMAC-SHA256 {request.get('x-amz-date')}</StringToSign>"
        f"<SignatureProvided>{signature}</SignatureProvided><Token-0>{token}</Token-0>"
        f"<CanonicalRequest>{scene.exchange.method} x-amz-security-token:{token}</CanonicalRequest>"
    )
    body = f"{XML}<Error><Code>SignatureDoesNotMatch</Code><Message>as planned</Message>{said}</Error>"
    return await scene.answer(response(403, "Forbidden", body, Content_Type="application/xml"))


async def access_denied(scene):
    await scene.take_request()
    return await scene.answer(error(403, "Forbidden", "AccessDenied"))


# --- the answer is wrong ----------------------------------------------------------------------------------------------


async def wrong_checksum(scene):
    await scene.take_request()
    answer = await scene.forward()
    if scene.exchange.operation != "GetObject" or answer.status != 200:
        return await scene.answer(answer)
    return await scene.answer(answer.with_headers(x_amz_checksum_crc32c="AAAAAA==", x_amz_checksum_type="FULL_OBJECT"))


async def flipped_byte(scene):
    await scene.take_request()
    answer = await scene.forward()
    if scene.exchange.operation == "GetObject" and answer.status in (200, 206) and answer.raw_body:
        body = bytearray(answer.raw_body)
        body[len(body) // 2] ^= 0x01
        answer = Message(answer.first_line, answer.headers, bytes(body))
    return await scene.answer(answer)


async def redirect(scene):
    """The bucket is in another region from now on; whoever signs for that one is served."""
    await scene.take_request()
    scene.proxy.region = ELSEWHERE
    return await scene.answer(moved_to(ELSEWHERE))


def signature_of(request, server, region):
    """What the server's user would sign this request with, were the server in that region."""
    method, target, _ = request.first_line.split(" ")
    signed = re.search("SignedHeaders=([^,]+)", request.get("authorization"))[1].split(";")
    unsigned = AWSRequest(
        method, f"http://{request.get('host')}{target}",
        headers={name: request.get(name) for name in signed if name != "host"},
    )
    unsigned.context["timestamp"] = request.get("x-amz-date")
    signer = S3SigV4Auth(Credentials(server.access_key, server.secret_key), "s3", region)
    return signer.signature(signer.string_to_sign(unsigned, signer.canonical_request(unsigned)), unsigned)


def signed_anew(request, server, region):
    """The same request, rightly signed for `region`, with the signature for the region where the server is."""
    authorization = request.get("authorization")
    given = re.search("Signature=([0-9a-f]+)", authorization)[1]
    if given != signature_of(request, server, region):
        return None
    scoped = authorization.replace(f"/{region}/s3/", f"/{server.region}/s3/")
    return request.with_headers(authorization=scoped.replace(given, signature_of(request, server, server.region)))


# --- the client dies --------------------------------------------------------------------------------------------------


async def kill_before(scene):
    await scene.take_request()
    scene.proxy.kill()
    return scene.reset()


async def kill_after(scene):
    await scene.take_request()
    await scene.forward()
    scene.proxy.kill()
    return scene.reset()


PASSING = {
    "refused": refused,
    "reset_in_request": reset_in_request,
    "reset_in_answer": reset_in_answer,
    "answer_lost": answer_lost,
    "truncated_answer": truncated_answer,
    "stall": stall,
    "stall_in_answer": stall_in_answer,
    "500": answering(lambda: error(500, "Internal Server Error", "InternalError")),
    "early_500": early_500,
    "error_after_success": error_after_success,
    "slow_down": answering(lambda: error(503, "Slow Down", "SlowDown")),
    "slow_down_retry_after": answering(lambda: error(503, "Slow Down", "SlowDown", Retry_After="0")),
    "request_timeout": request_timeout,
    "error_in_200": error_in_200,
    "delete_errors": delete_errors,
    "redirect": redirect,
}
LASTING = {"access_denied": access_denied, "verbose_refusal": verbose_refusal, "wrong_checksum": wrong_checksum, "flipped_byte": flipped_byte}
KILLING = {"kill_before": kill_before, "kill_after": kill_after}
KINDS = PASSING | LASTING | KILLING
