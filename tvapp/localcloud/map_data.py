"""The retired Data service v2: /mapData with its long-running operations (azure-facts 5.1)."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tvapp.localcloud.cloud import Cloud
from tvapp.localcloud.map_data_store import MapDataStore, Operation, StoredFile
from tvapp.localcloud.maps_access import check_access
from tvapp.localcloud.maps_errors import Refused
from tvapp.localcloud.maps_query import DATA_VERSION, bad, check_version, need
from tvapp.localcloud.people import Action
from tvapp.localcloud.wire import wired

FORMATS = ("geojson", "zip", "dwgzippackage")
CONTENT_TYPES = ("application/json", "application/vnd.geo+json", "application/geo+json", "application/octet-stream")
MOST_BYTES = 100 << 20

Work = Callable[[Request], Awaitable[Response]]


def routes(cloud: Cloud, store: MapDataStore) -> list[Route]:
    """Return the endpoints of the Data service."""
    service = MapData(cloud, store)
    return [
        Route("/mapData", service.by_method({"GET": service.list, "POST": service.upload}), methods=["GET", "POST"]),
        Route("/mapData/operations/{operation}", service.by_method({"GET": service.operation})),
        Route(
            "/mapData/{udid}",
            service.by_method({"GET": service.download, "PUT": service.replace, "DELETE": service.delete}),
            methods=["GET", "PUT", "DELETE"],
        ),
    ]


ACTIONS: dict[str, Action] = {"GET": "data/read", "POST": "data/write", "PUT": "data/write", "DELETE": "data/delete"}


class MapData:
    """The endpoints."""

    def __init__(self, cloud: Cloud, store: MapDataStore) -> None:
        self.cloud = cloud
        self.store = store
        self._asking = asyncio.Lock()

    def by_method(self, work: dict[str, Work]) -> Callable[[Request], Awaitable[Response]]:
        """Return an endpoint that checks access and version and dispatches by method."""

        async def handler(request: Request, _skew_s: float) -> Response:
            method = "GET" if request.method == "HEAD" else request.method
            try:
                check_access(self.cloud, request, ACTIONS[method])
                check_version(request, DATA_VERSION)
                return await work[method](request)
            except Refused as refused:
                return refused.response()

        return wired(self.cloud, "map-data", "maps", handler)

    async def list(self, request: Request) -> Response:
        """List all files."""
        await self._move_on()
        return JSONResponse({"mapDataList": [self._entry(request, file) for file in self.store.listing()]})

    async def upload(self, request: Request) -> Response:
        """Accept a new file."""
        data_format = need(request, "dataFormat")
        if data_format not in FORMATS:
            raise bad("dataFormat", f"Parameter 'dataFormat' must be one of {', '.join(FORMATS)}.")
        content = await self._content(request)
        return self._accepted(
            request,
            self.store.start(
                content,
                data_format,
                request.query_params.get("description"),
                self.cloud.wall(),
                self.cloud.settings.operation_polls,
            ),
        )

    async def replace(self, request: Request) -> Response:
        """Accept new content of a file; the old content is served until the operation has succeeded."""
        file = self._find(request)
        content = await self._content(request)
        return self._accepted(
            request,
            self.store.start(
                content,
                file.data_format,
                request.query_params.get("description"),
                self.cloud.wall(),
                self.cloud.settings.operation_polls,
                file.udid,
            ),
        )

    async def download(self, request: Request) -> Response:
        """Return a file as it was uploaded."""
        await self._move_on(self._find(request).udid)
        file = self._find(request)
        if file.content is None:
            raise bad("udid", f"The data of {file.udid} is not available: {file.upload_status}.")
        media_type = "application/vnd.geo+json" if file.data_format == "geojson" else "application/octet-stream"
        return Response(file.content, media_type=media_type)

    async def delete(self, request: Request) -> Response:
        """Remove a file."""
        self.store.delete(self._find(request).udid)
        return Response(status_code=204)

    async def operation(self, request: Request) -> Response:
        """Return the state of an upload."""
        async with self._asking:
            # Checking a large file takes a second, in which other requests must be answered.
            operation = await asyncio.to_thread(self.store.ask, request.path_params["operation"], self.cloud.settings)
        if operation is None:
            raise bad("operationId", "The operation is not known.")
        body: dict[str, object] = {
            "operationId": operation.operation_id,
            "status": operation.status,
            "created": operation.created,
        }
        headers = {}
        if operation.trouble is not None:
            trouble = operation.trouble
            details = [{"code": code, "message": message} for code, message in trouble.details]
            body["error"] = {"code": trouble.code, "message": trouble.message, "target": None, "details": details}
        elif operation.status == "Succeeded":
            headers["Resource-Location"] = self._location(request, operation.udid)
            headers["Access-Control-Expose-Headers"] = "Resource-Location"
        return JSONResponse(body, headers=headers)

    async def _move_on(self, udid: str = "") -> None:
        """Advance operations that no client polls any more."""
        async with self._asking:
            await asyncio.to_thread(self.store.move_on, self.cloud.settings, udid)

    def _accepted(self, request: Request, operation: Operation) -> Response:
        location = f"{self._base(request)}/mapData/operations/{operation.operation_id}?api-version={DATA_VERSION}"
        return Response(
            status_code=202,
            headers={"Operation-Location": location, "Access-Control-Expose-Headers": "Operation-Location"},
        )

    async def _content(self, request: Request) -> bytes:
        media_type = request.headers.get("content-type", "").split(";")[0].strip().lower()
        if media_type not in CONTENT_TYPES:
            raise Refused(415, f"Content-Type must be one of {', '.join(CONTENT_TYPES)}.")
        content = bytearray()
        async for chunk in request.stream():
            content += chunk
            if len(content) > MOST_BYTES:
                raise Refused(413, "A file may have 100 MB.")
        if not content:
            raise bad("body", "The request has no body.")
        if self.store.used_bytes() + len(content) > self.cloud.settings.storage_limit_bytes:
            raise Refused(409, "The storage of this account is full.")
        return bytes(content)

    def _find(self, request: Request) -> StoredFile:
        file = self.store.files.get(request.path_params["udid"])
        if file is None:
            raise bad("udid", "The requested data is not available.")
        return file

    def _base(self, request: Request) -> str:
        """Return this service's address as its client knows it, which may be that of a tunnel."""
        host = request.headers.get("host")
        return f"https://{host}" if host else self.cloud.base_url

    def _location(self, request: Request, udid: str) -> str:
        return f"{self._base(request)}/mapData/{udid}?api-version={DATA_VERSION}"

    def _entry(self, request: Request, file: StoredFile) -> dict[str, object]:
        return {
            "udid": file.udid,
            "location": self._location(request, file.udid),
            "sizeInBytes": len(file.content or b""),
            "uploadStatus": file.upload_status,
            "dataFormat": file.data_format,
            "description": file.description,
        }
