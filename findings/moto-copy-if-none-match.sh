#!/usr/bin/env bash
# moto: a conditional copy replaces the object that it should keep.
#
# Guess: moto refuses `put_object(IfNoneMatch="*")` on a key that is taken, with 412 as S3 does, so it refuses
#   `copy_object(IfNoneMatch="*")`, too, which S3 has as well.
# What happens: the copy's condition is dropped: 200, and the object is replaced. Code that relies on "create only"
#   is refused where it puts and replaces where it copies, so a test that should fail passes.
# Versions: moto 5.2.5 with boto3 1.44.8.
# Source: Amazon S3's API reference, CopyObject, header If-None-Match ("Copies the object only if the key name at the
#   destination does not already exist").
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check 'moto[s3]==5.2.5' boto3==1.44.8

cat >check.py <<'END'
import boto3
from botocore.exceptions import ClientError
from moto import mock_aws

@mock_aws
def main():
    s3 = boto3.client("s3", region_name="us-east-1", aws_access_key_id="none", aws_secret_access_key="none")
    s3.create_bucket(Bucket="shop")
    s3.put_object(Bucket="shop", Key="taken", Body=b"first")
    s3.put_object(Bucket="shop", Key="other", Body=b"second")
    calls = {
        "put": lambda: s3.put_object(Bucket="shop", Key="taken", Body=b"second", IfNoneMatch="*"),
        "copy": lambda: s3.copy_object(Bucket="shop", Key="taken", CopySource="shop/other", IfNoneMatch="*"),
    }
    for name, call in calls.items():
        try:
            status = call()["ResponseMetadata"]["HTTPStatusCode"]
        except ClientError as error:
            status = error.response["ResponseMetadata"]["HTTPStatusCode"]
        print(f"{name}: {status}, the object is {s3.get_object(Bucket='shop', Key='taken')['Body'].read().decode()}")

main()
END
seen=$(venv/bin/python check.py)
known='put: 412, the object is first
copy: 200, the object is second'

venv/bin/pip list --disable-pip-version-check 2>/dev/null | grep -E '^(moto|boto3) '
echo 'Guess: 412 twice, and the object is the first.'
echo 'Seen:'
echo "$seen"
if [ "$seen" != "$known" ]; then echo 'CHANGED'; exit 1; fi
echo 'Unchanged: the copy replaces.'
