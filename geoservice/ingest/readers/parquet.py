"""GeoParquet and plain Parquet, through geopandas and pyarrow."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from geoservice.errors import BadInput
from geoservice.ingest.readers.raw import RawTable, cells_of, object_array


def read_parquet(path: Path, *, max_unpacked_mb: int) -> RawTable:
    """Reads a GeoParquet file, or a Parquet file whose columns hold coordinates.

    Raises
    ------
    BadInput
        ``import.broken-file``, or ``import.unpacked-too-large`` before the content is unpacked.
    """
    try:
        with pq.ParquetFile(path) as file:
            meta = file.metadata
            size = sum(meta.row_group(index).total_byte_size for index in range(meta.num_row_groups))
            spatial = b"geo" in (meta.metadata or {})
        if size > max_unpacked_mb * 2**20:
            raise BadInput("import.unpacked-too-large", file=path.name, size_mb=size // 2**20, most=max_unpacked_mb)
        frame = gpd.read_parquet(path) if spatial else pd.read_parquet(path)
    except (pa.ArrowException, ValueError, KeyError, TypeError, OSError) as error:
        raise BadInput("import.broken-file", file=path.name, reason=str(error)[:300]) from None
    geometry = frame.geometry if isinstance(frame, gpd.GeoDataFrame) else None
    headers = [str(name) for name in frame.columns if geometry is None or name != geometry.name]
    crs = None if geometry is None or geometry.crs is None else geometry.crs.to_wkt()
    return RawTable(
        format="GeoParquet" if spatial else "Parquet",
        headers=headers,
        cells=[cells_of(frame[name]) for name in headers],
        rows=np.arange(1, len(frame) + 1),
        geometry=None if geometry is None else object_array(geometry.tolist()),
        crs=crs,
        unit="feature" if spatial else "row",
    )
