/** One file of a set of OME-TIFFs that together are one image, a channel each. */
export interface OmeFile {
  name: string;
  uuid: string;
  channel: string;
}

/** The OME-XML of file `own` of a set; like an instrument's, it lists the channels of all files and where they lie. */
export function omeXml(files: readonly OmeFile[], own: number, sizePx: number, pixelSizeUm: number): string {
  const channels = files.map(
    ({ channel }, c) => `<Channel ID="Channel:${c}" Name="${channel}" SamplesPerPixel="1"/>`,
  );
  const planes = files.map(
    ({ name, uuid }, c) =>
      `<TiffData IFD="0" FirstC="${c}" FirstZ="0" FirstT="0" PlaneCount="1"><UUID FileName="${name}">${uuid}</UUID></TiffData>`,
  );
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    '<OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06"',
    ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"',
    ' xsi:schemaLocation="http://www.openmicroscopy.org/Schemas/OME/2016-06 http://www.openmicroscopy.org/Schemas/OME/2016-06/ome.xsd"',
    ` Creator="spatile" UUID="${files[own].uuid}">`,
    '<Image ID="Image:0" Name="Image0"><Pixels ID="Pixels:0" DimensionOrder="XYZCT" Type="uint16" BigEndian="false"',
    ` SizeX="${sizePx}" SizeY="${sizePx}" SizeZ="1" SizeC="${files.length}" SizeT="1"`,
    ` PhysicalSizeX="${pixelSizeUm}" PhysicalSizeXUnit="µm" PhysicalSizeY="${pixelSizeUm}" PhysicalSizeYUnit="µm">`,
    ...channels,
    ...planes,
    '</Pixels></Image></OME>',
  ].join('');
}
